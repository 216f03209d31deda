/**
 * Commands on a page table: map, unmap and protect.
 */
#include <cap/captable.h>
#include <cap/cspace.h>
#include <syscall/syscall.h>

static errval_t vnode_map(struct invocation *invocation)
{
    const uint64_t slots = invocation->arguments[0];
    const uint64_t entries = invocation->arguments[1];
    struct cte *source, *mapping;
    errval_t err = invocation_slot(invocation, slots, &source);
    if (err_is_fail(err)) {
        return err;
    }
    err = invocation_slot(invocation, slots >> 32, &mapping);
    if (err_is_fail(err)) {
        return err;
    }
    return caps_map(invocation->target, source, mapping, (uint32_t)entries, entries >> 32,
                    invocation->arguments[2], invocation->arguments[3]);
}

static errval_t vnode_unmap(struct invocation *invocation)
{
    struct cte *mapping;
    const errval_t err = invocation_slot(invocation, invocation->arguments[0], &mapping);
    return err_is_fail(err) ? err : caps_unmap(invocation->target, mapping);
}

static errval_t vnode_protect(struct invocation *invocation)
{
    const uint64_t entries = invocation->arguments[1];
    struct cte *mapping;
    const errval_t err = invocation_slot(invocation, invocation->arguments[0], &mapping);
    return err_is_fail(err) ? err
                            : caps_protect(invocation->target, mapping, (uint32_t)entries, entries >> 32,
                                           invocation->arguments[2]);
}

errval_t invoke_vnode(struct invocation *invocation)
{
    if (!objtype_is_in(invocation->target->cap.type, OBJTYPES_VNODE)) {
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
    switch (invocation->command) {
    case VNODE_MAP:
        return vnode_map(invocation);
    case VNODE_UNMAP:
        return vnode_unmap(invocation);
    case VNODE_PROTECT:
        return vnode_protect(invocation);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
