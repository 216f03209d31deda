#include <abi/bootinfo.h>
#include <aos/kernel.h>
#include <rt/syscall.h>

/// The kernel reads only what is mapped: memory that comes when it is touched is touched.
static void touch(const char *memory, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += BASE_PAGE_SIZE) {
        (void)*(const volatile char *)(memory + at);
    }
    if (bytes) {
        (void)*(const volatile char *)(memory + bytes - 1);
    }
}

errval_t kernel_send_frame(enum frame_type type, const void *payload, size_t bytes)
{
    touch(payload, bytes);
    return sys_invoke(TASKCN_SLOT_KERNEL, KERNEL_FRAME, type, (uintptr_t)payload, bytes, 0, 0, 0).err;
}

errval_t kernel_send_hello(void)
{
    return kernel_send_frame(FRAME_HELLO, NULL, 0);
}

errval_t kernel_print(const char *text, size_t bytes)
{
    errval_t err = SYS_ERR_OK;
    while (bytes && err_is_ok(err)) {
        size_t part = bytes < FRAME_PAYLOAD_BYTES ? bytes : FRAME_PAYLOAD_BYTES;
        err = kernel_send_frame(FRAME_CONSOLE, text, part);
        text += part;
        bytes -= part;
    }
    return err;
}

errval_t kernel_drain_trace(void)
{
    /*
     * A call sends one frame. The reader stops at a record that is reserved but not filled, whose writer
     * is not running: going on would be in vain until it has run.
     */
    uint64_t left = UINT64_MAX;
    for (;;) {
        struct sys_result result = sys_invoke(TASKCN_SLOT_KERNEL, KERNEL_DRAIN, 0, 0, 0, 0, 0, 0);
        if (err_is_fail(result.err) || result.value[0] == 0 || result.value[0] >= left) {
            return result.err;
        }
        left = result.value[0];
    }
}

bool kernel_check_capabilities(void)
{
    struct sys_result result = sys_invoke(TASKCN_SLOT_KERNEL, KERNEL_CHECK, 0, 0, 0, 0, 0, 0);
    return err_is_ok(result.err) ? result.value[0] : result.err == SYS_ERR_ILLEGAL_INVOCATION;
}

errval_t kernel_power_off(unsigned status)
{
    return sys_invoke(TASKCN_SLOT_KERNEL, KERNEL_POWER_OFF, status, 0, 0, 0, 0, 0).err;
}
