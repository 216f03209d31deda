/**
 * Commands on a Kernel capability: console and frames (right WRITE), trace drain, power off, capabilities for
 * what another core's monitor tells of and, in debug builds, the checker (right CONTROL).
 */
#include <arch/armv8/user_memory.h>
#include <config.h>
#include <console.h>
#include <core/core.h>
#include <power.h>
#include <string.h>
#include <syscall/syscall.h>
#include <trace/drain.h>
#include <trace/emit.h>

/// Frames that a domain may send with a payload of its own.
static bool domain_may_send(uint64_t type)
{
    return type == 0 || type == STREAM_BENCH || type == STREAM_SAMPLES || type == STREAM_DOMAIN;
}

static errval_t send_frame(const struct invocation *invocation)
{
    const uint64_t type = invocation->arguments[0], bytes = invocation->arguments[2];
    char payload[STREAM_PAYLOAD_BYTES];
    if (type == STREAM_HELLO && bytes == 0) {
        console_hello();
        console_clock();
        return SYS_ERR_OK;
    }
    if (!domain_may_send(type)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (bytes > sizeof(payload)) {
        return SYS_ERR_FRAME_TOO_LONG;
    }
    if (!user_memory_read(invocation->arguments[1], payload, bytes)) {
        return SYS_ERR_INVALID_USER_ADDRESS;
    }
    if (type == 0) {
        console_write(payload, bytes);
    } else {
        console_frame((uint8_t)type, payload, bytes);
    }
    return SYS_ERR_OK;
}

/// Takes time in proportion to the number of capabilities: nothing that a build for use should offer.
static errval_t check_capabilities(const struct invocation *invocation)
{
    if (!CONFIG_DEBUG) {
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
    const char *problem = caps_check();
    invocation->results[0] = problem == NULL;
    if (problem != NULL) {
        console_write("capabilities: ", strlen("capabilities: "));
        console_write(problem, strlen(problem));
        console_write("\n", 1);
    }
    return SYS_ERR_OK;
}

/// What another core's monitor has told of.
static errval_t create(const struct invocation *invocation)
{
    const uint64_t *a = invocation->arguments;
    const uint64_t type = a[1] & 0xff, rights = a[1] >> 8;
    struct cte *slot;
    if (type >= ObjType_Num || rights > CAPRIGHTS_ALL) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    errval_t err = invocation_reference(invocation, a[0], &slot);
    if (err_is_fail(err)) {
        return err;
    }
    err = core_memory_check((enum objtype)type, a[2], a[3]);
    return err_is_ok(err) ? caps_create_foreign(slot, (enum objtype)type, (uint8_t)rights, a[2], a[3]) : err;
}

errval_t invoke_kernel(struct invocation *invocation)
{
    const uint8_t rights = invocation->target->cap.rights;
    const uint8_t needed = invocation->command == KERNEL_FRAME ? CAPRIGHTS_WRITE : CAPRIGHTS_CONTROL;
    if ((rights & needed) == 0) {
        return SYS_ERR_RIGHTS;
    }
    if (invocation->command < KERNEL_CHECK && !core_is_first()) {
        return SYS_ERR_ILLEGAL_INVOCATION; // console and rings are the first core's
    }
    switch (invocation->command) {
    case KERNEL_FRAME:
        return send_frame(invocation);
    case KERNEL_DRAIN:
        trace_drain_frame(false);
        invocation->results[0] = trace_pending();
        return SYS_ERR_OK;
    case KERNEL_POWER_OFF:
        trace_syscall_enter_end(SYS_ERR_OK);
        power_off((uint32_t)invocation->arguments[0]);
    case KERNEL_CHECK:
        return check_capabilities(invocation);
    case KERNEL_CREATE:
        return create(invocation);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
