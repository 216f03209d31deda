/**
 * Commands on a CNode: copy, mint, move, retype, delete, revoke and identify capabilities in any CSpace that
 * the caller holds.
 */
#include <cap/captable.h>
#include <cap/cspace.h>
#include <cap/mdb.h>
#include <syscall/syscall.h>

/* Arguments, as abi/syscall.h names their registers. */
#define DESTINATION(invocation) ((invocation)->arguments[0])
#define SOURCE(invocation)      ((invocation)->arguments[1])
#define LEVELS(invocation)      ((invocation)->arguments[2])

static inline unsigned destination_level(const struct invocation *invocation)
{
    return LEVELS(invocation) & 0xff;
}

static inline unsigned source_level(const struct invocation *invocation)
{
    return LEVELS(invocation) >> 8 & 0xff;
}

/// The CSpace that a slot reference names in its lower half.
static inline errval_t find_cspace(const struct invocation *invocation, uint64_t reference,
                                   const struct capability **cspace)
{
    struct cte *slot;
    const errval_t err = invocation_slot(invocation, reference, &slot);
    if (err_is_fail(err)) {
        return err;
    }
    if (slot->cap.type != ObjType_L1CNode) {
        return slot->cap.type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : SYS_ERR_CNODE_TYPE;
    }
    *cspace = &slot->cap;
    return SYS_ERR_OK;
}

static inline errval_t find_slot(const struct invocation *invocation, uint64_t reference, unsigned level,
                                 struct cte **slot)
{
    const struct capability *cspace;
    const errval_t err = find_cspace(invocation, reference, &cspace);
    if (err_is_fail(err)) {
        return err;
    }
    return cspace_find_slot(cspace, (capaddr_t)(reference >> 32), level, slot);
}

errval_t invocation_reference(const struct invocation *invocation, uint64_t reference, struct cte **slot)
{
    return find_slot(invocation, reference, 2, slot);
}

/// Both slots of a command, and the CSpace of the destination. The source holds something or not; the
/// operation itself says what it thinks of that.
static inline errval_t find_slots(const struct invocation *invocation,
                                  const struct capability **destination_cspace, struct cte **destination,
                                  struct cte **source)
{
    const uint64_t to = DESTINATION(invocation);
    const uint64_t from = SOURCE(invocation);
    const struct capability *cspace;
    errval_t err = find_cspace(invocation, to, &cspace);
    if (err_is_fail(err)) {
        return err;
    }
    err = cspace_find_slot(cspace, (capaddr_t)(to >> 32), destination_level(invocation), destination);
    if (err_is_fail(err)) {
        return err;
    }
    *destination_cspace = cspace;
    /* Mostly both are of one CSpace, which need not be found twice. */
    if ((capaddr_t)to != (capaddr_t)from) {
        err = find_cspace(invocation, from, &cspace);
        if (err_is_fail(err)) {
            return err;
        }
    }
    return cspace_find_slot(cspace, (capaddr_t)(from >> 32), source_level(invocation), source);
}

/// The slots of an L1 CNode hold L2 CNodes and nothing else, so that every address leads through CNodes.
static inline errval_t check_slot_type(unsigned level, uint64_t type)
{
    return level == 1 && type != ObjType_L2CNode ? SYS_ERR_CNODE_TYPE : SYS_ERR_OK;
}

/// Copy, mint and move.
static errval_t cnode_copy(struct invocation *invocation)
{
    const struct capability *cspace;
    struct cte *destination, *source;
    errval_t err = find_slots(invocation, &cspace, &destination, &source);
    if (err_is_fail(err)) {
        return err;
    }
    if (source->cap.type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    err = check_slot_type(destination_level(invocation), source->cap.type);
    if (err_is_fail(err)) {
        return err;
    }
    switch (invocation->command) {
    case CNODE_COPY:
        return caps_copy(destination, source);
    case CNODE_MOVE:
        return caps_move(destination, source);
    default:
        return caps_mint(destination, source, invocation->arguments[3], invocation->arguments[4]);
    }
}

/// Consecutive slots are consecutive in memory inside one CNode only.
static inline errval_t check_slot_range(const struct capability *cspace, capaddr_t addr, unsigned level,
                                        uint64_t count)
{
    const uint64_t first = level == 1 ? addr >> CSPACE_L2_BITS : addr & CSPACE_L2_MASK;
    const uint64_t slots = level == 1 ? cnode_slot_count(cspace) : L2_CNODE_SLOTS;
    return count > slots - first ? SYS_ERR_DEST_CNODE_RANGE : SYS_ERR_OK;
}

static errval_t cnode_retype(struct invocation *invocation)
{
    const uint64_t type = LEVELS(invocation) >> 16;
    const uint64_t count = invocation->arguments[5];
    const unsigned level = destination_level(invocation);
    const struct capability *cspace;
    struct cte *destination, *source;
    errval_t err = find_slots(invocation, &cspace, &destination, &source);
    if (err_is_fail(err)) {
        return err;
    }
    err = check_slot_range(cspace, (capaddr_t)(DESTINATION(invocation) >> 32), level, count);
    if (err_is_fail(err)) {
        return err;
    }
    if (type >= ObjType_Num) {
        return SYS_ERR_INVALID_RETYPE;
    }
    err = check_slot_type(level, type);
    if (err_is_fail(err)) {
        return err;
    }
    return caps_retype(destination, (enum objtype)type, invocation->arguments[4], count, source,
                       invocation->arguments[3]);
}

static errval_t cnode_delete(struct invocation *invocation)
{
    struct cte *slot;
    const errval_t err = find_slot(invocation, DESTINATION(invocation), destination_level(invocation), &slot);
    return err_is_fail(err) ? err : caps_delete(slot);
}

static errval_t cnode_revoke(struct invocation *invocation)
{
    struct cte *slot;
    const errval_t err = find_slot(invocation, DESTINATION(invocation), destination_level(invocation), &slot);
    return err_is_fail(err) ? err : caps_revoke(slot);
}

static errval_t cnode_identify(struct invocation *invocation)
{
    struct cte *slot;
    const errval_t err = find_slot(invocation, DESTINATION(invocation), destination_level(invocation), &slot);
    if (err_is_fail(err)) {
        return err;
    }
    if (slot->cap.type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    invocation->results[0] = slot->cap.type | (uint64_t)slot->cap.rights << 8;
    if (invocation->arguments[3] != 0 && mdb_has_descendants(slot)) {
        invocation->results[0] |= IDENTIFY_DESCENDANTS;
    }
    invocation->results[1] = slot->cap.base;
    invocation->results[2] = slot->cap.bytes;
    return SYS_ERR_OK;
}

errval_t invoke_cnode(struct invocation *invocation)
{
    if (invocation->target->cap.type != ObjType_L1CNode) {
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
    switch (invocation->command) {
    case CNODE_COPY:
    case CNODE_MINT:
    case CNODE_MOVE:
        return cnode_copy(invocation);
    case CNODE_RETYPE:
        return cnode_retype(invocation);
    case CNODE_DELETE:
        return cnode_delete(invocation);
    case CNODE_IDENTIFY:
        return cnode_identify(invocation);
    case CNODE_REVOKE:
        return cnode_revoke(invocation);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
