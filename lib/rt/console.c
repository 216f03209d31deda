#include <aos/aos_rpc.h>
#include <aos/kernel.h>
#include <rt/console.h>

#define PANIC_CALL_US 1000000UL
#define TRIES         3 ///< With a serial service that ends again and again.

static bool is_panicking;

/// The thread is in here: what it prints meanwhile, when something fails, cannot take the same way.
static _Thread_local bool is_inside;

/// Where a domain without either console writes.
static errval_t (*use)(const char *text, size_t bytes);

/// What the first call on the kernel's console said.
static enum {
    CONSOLE_UNKNOWN,
    CONSOLE_OF_KERNEL,
    CONSOLE_OF_SERIAL
} console;

static bool is_kernels(void)
{
    if (console == CONSOLE_UNKNOWN) {
        errval_t err = kernel_send_frame(FRAME_CONSOLE, NULL, 0);
        bool is_refused = err == SYS_ERR_CAP_NOT_FOUND || err == SYS_ERR_RIGHTS;
        console = is_refused ? CONSOLE_OF_SERIAL : CONSOLE_OF_KERNEL;
    }
    return console == CONSOLE_OF_KERNEL;
}

/// Enters, with a deadline of the console's own. \param deadline_us set to the thread's
static bool enter(uint64_t *deadline_us)
{
    if (is_inside) {
        return false;
    }
    is_inside = true;
    *deadline_us = rpc_set_deadline(is_panicking ? clock_now_us() + PANIC_CALL_US : CLOCK_NEVER);
    return true;
}

static void leave(uint64_t deadline_us)
{
    rpc_set_deadline(deadline_us);
    is_inside = false;
}

/// True if it is worth to try again.
static bool is_lost(errval_t err)
{
    for (; err_is_fail(err); err = err_pop(err)) {
        if (err_no(err) == RPC_ERR_PEER_GONE) {
            return !is_panicking;
        }
    }
    return false;
}

void console_use(errval_t (*write)(const char *text, size_t bytes))
{
    use = write;
}

errval_t console_write(const char *text, size_t bytes)
{
    uint64_t deadline_us;
    errval_t err = RPC_ERR_DEPTH;
    if (use) {
        return use(text, bytes);
    }
    if (is_kernels()) {
        return kernel_print(text, bytes);
    }
    if (!enter(&deadline_us)) {
        return err;
    }
    for (unsigned i = 0; i == 0 || (i < TRIES && is_lost(err)); i++) {
        err = aos_rpc_serial_write(aos_rpc_get_serial_channel(), text, bytes);
    }
    leave(deadline_us);
    return err;
}

errval_t console_read(char *character)
{
    uint64_t deadline_us;
    errval_t err = SERIAL_ERR_NO_INPUT;
    if (use || is_kernels() || !enter(&deadline_us)) {
        return err; // the kernel's has none
    }
    for (unsigned i = 0; i == 0 || (i < TRIES && is_lost(err)); i++) {
        err = aos_rpc_serial_getchar(aos_rpc_get_serial_channel(), character);
    }
    leave(deadline_us);
    return err;
}

errval_t console_flush(void)
{
    uint64_t deadline_us;
    if (use || is_kernels() || !enter(&deadline_us)) {
        return SYS_ERR_OK;
    }
    errval_t err = aos_rpc_serial_flush(aos_rpc_get_serial_channel());
    leave(deadline_us);
    return err;
}

void console_panic(void)
{
    is_panicking = true;
}

void console_last_words(const char *text, size_t bytes, bool may_call)
{
    console_panic();
    if (may_call || (!use && is_kernels())) {
        console_write(text, bytes);
    }
}
