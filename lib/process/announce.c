#include <aos/aos.h>
#include <aos/kernel.h>
#include <aos/text.h>
#include <process/announce.h>

#define TEXT_BYTES 128

void domain_announce(uint32_t dispatcher, const char *name, domainid_t pid)
{
    domain_announce_of(disp_get_core_id(), dispatcher, name, pid);
}

void domain_announce_of(coreid_t core, uint32_t dispatcher, const char *name, domainid_t pid)
{
    char buffer[TEXT_BYTES];
    struct text text;
    text_init(&text, buffer, sizeof(buffer));
    text_add(&text, "dispatcher=");
    text_add_unsigned(&text, dispatcher);
    text_add(&text, "\nname=");
    text_add(&text, name);
    text_add(&text, "\npid=");
    text_add_unsigned(&text, pid);
    text_add(&text, "\ncore=");
    text_add_unsigned(&text, core);
    text_add(&text, "\n");
    errval_t err = kernel_send_frame(FRAME_DOMAIN, buffer, text.length);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "announcing domain %s", name);
    }
}
