#include <aos/process.h>
#include <aos/text.h>

void process_describe_end(const struct process_end *end, char *buffer, size_t bytes)
{
    struct text text;
    text_init(&text, buffer, bytes);
    switch (end->reason) {
    case PROCESS_EXITED:
        text_add(&text, "exit ");
        text_add_signed(&text, end->exit_code);
        return;
    case PROCESS_KILLED:
        text_add(&text, "killed");
        return;
    case PROCESS_REVOKED:
        text_add(&text, "revoked");
        return;
    case PROCESS_FAULTED:
        text_add(&text, "fault at address ");
        text_add_hex(&text, end->address);
        break;
    default:
        text_add(&text, "trap");
    }
    text_add(&text, ", pc ");
    text_add_hex(&text, end->pc);
}
