/**
 * Commands on an IRQ capability: a range of interrupt numbers.
 */
#include <dispatch/interrupt.h>
#include <syscall/syscall.h>

errval_t invoke_irq(struct invocation *invocation)
{
    const struct capability *range = &invocation->target->cap;
    const uint64_t irq = invocation->arguments[0];
    struct cte *endpoint;
    errval_t err;
    if (irq < range->base || irq - range->base >= range->bytes) {
        return SYS_ERR_IRQ_NUMBER;
    }
    switch (invocation->command) {
    case IRQ_CONNECT:
        err = invocation_cap(invocation, invocation->arguments[1], &endpoint);
        if (err_is_fail(err)) {
            return err;
        }
        if (endpoint->cap.type != ObjType_EndPoint) {
            return SYS_ERR_INVALID_ARGUMENT;
        }
        return interrupt_connect((unsigned)irq, endpoint);
    case IRQ_ACK:
        return interrupt_acknowledge((unsigned)irq);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
