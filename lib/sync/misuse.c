#include <aos/text.h>
#include <rt/console.h>
#include <stdlib.h>
#include <sync/sync.h>

#define LINE_BYTES 160

_Noreturn void sync_misused(const char *what)
{
    char buffer[LINE_BYTES];
    struct text line;
    text_init(&line, buffer, sizeof(buffer));
    text_add(&line, "sync: ");
    text_add(&line, what);
    text_add(&line, "\n");
    console_last_words(buffer, line.length, true);
    abort();
}
