#include <aos/capabilities.h>
#include <aos/core.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <rt/syscall.h>

#define TASK_SLOT(l2_slot)                               \
    {                                                    \
        .cnode = {.croot = TASKCN_SLOT_ROOTCN,           \
                  .cnode = ROOTCN_TASK << L2_CNODE_BITS, \
                  .level = CNODE_TYPE_OTHER},            \
        .slot = (l2_slot)                                \
    }
#define OWN_CNODE(l1_slot)                                                                          \
    {                                                                                               \
        .croot = TASKCN_SLOT_ROOTCN, .cnode = (l1_slot) << L2_CNODE_BITS, .level = CNODE_TYPE_OTHER \
    }

const struct cnoderef cnode_root = {.croot = TASKCN_SLOT_ROOTCN, .level = CNODE_TYPE_ROOT};
const struct cnoderef cnode_task = OWN_CNODE(ROOTCN_TASK);
const struct cnoderef cnode_page = OWN_CNODE(ROOTCN_PAGE);
const struct cnoderef cnode_memory = OWN_CNODE(ROOTCN_MEMORY);
const struct cnoderef cnode_module = OWN_CNODE(ROOTCN_MODULES);
const struct cnoderef cnode_device = OWN_CNODE(ROOTCN_DEVICES);

const struct capref cap_root = TASK_SLOT(TASKCN_SLOT_ROOTCN);
const struct capref cap_dispatcher = TASK_SLOT(TASKCN_SLOT_DISPATCHER);
const struct capref cap_dispframe = TASK_SLOT(TASKCN_SLOT_DISPFRAME);
const struct capref cap_argspage = TASK_SLOT(TASKCN_SLOT_ARGSPAGE);
const struct capref cap_parentep = TASK_SLOT(TASKCN_SLOT_PARENTEP);
const struct capref cap_selfep = TASK_SLOT(TASKCN_SLOT_SELFEP);
const struct capref cap_kernel = TASK_SLOT(TASKCN_SLOT_KERNEL);
const struct capref cap_irq = TASK_SLOT(TASKCN_SLOT_IRQ);
const struct capref cap_perfmon = TASK_SLOT(TASKCN_SLOT_PERFMON);
const struct capref cap_trace = TASK_SLOT(TASKCN_SLOT_TRACE);
const struct capref cap_bootinfo = TASK_SLOT(TASKCN_SLOT_BOOTINFO);
const struct capref cap_core = TASK_SLOT(TASKCN_SLOT_CORE);
const struct capref cap_urpc = TASK_SLOT(TASKCN_SLOT_URPC);
const struct capref cap_vroot = {.cnode = OWN_CNODE(ROOTCN_PAGE), .slot = 0};

/// A reference as the invocations on an L1CNode take it.
static uint64_t slot_ref(struct capref cap)
{
    return SLOT_REF(get_croot_addr(cap), get_cap_addr(cap));
}

/// A command on the own L1CNode, called again until the kernel has finished it.
static struct sys_result invoke_root(unsigned command, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                                     uint64_t a6, uint64_t a7)
{
    struct sys_result result;
    do {
        result = sys_invoke(TASKCN_SLOT_ROOTCN, command, a2, a3, a4, a5, a6, a7);
    } while (result.err == SYS_ERR_RESTART);
    return result;
}

errval_t cap_copy(struct capref dest, struct capref src)
{
    uint64_t levels = SLOT_LEVELS(get_cap_level(dest), get_cap_level(src), 0);
    errval_t err = invoke_root(CNODE_COPY, slot_ref(dest), slot_ref(src), levels, 0, 0, 0).err;
    return err_is_fail(err) ? err_push(err, LIB_ERR_CAP_COPY) : SYS_ERR_OK;
}

errval_t cap_move(struct capref dest, struct capref src)
{
    uint64_t levels = SLOT_LEVELS(get_cap_level(dest), get_cap_level(src), 0);
    errval_t err = invoke_root(CNODE_MOVE, slot_ref(dest), slot_ref(src), levels, 0, 0, 0).err;
    return err_is_fail(err) ? err_push(err, LIB_ERR_CAP_MOVE) : SYS_ERR_OK;
}

errval_t cap_mint(struct capref dest, struct capref src, uint64_t param1, uint64_t param2)
{
    uint64_t levels = SLOT_LEVELS(get_cap_level(dest), get_cap_level(src), 0);
    errval_t err = invoke_root(CNODE_MINT, slot_ref(dest), slot_ref(src), levels, param1, param2, 0).err;
    return err_is_fail(err) ? err_push(err, LIB_ERR_CAP_MINT) : SYS_ERR_OK;
}

/// At most RETYPE_MAX_COUNT objects.
static errval_t retype_some(struct capref dest_start, struct capref src, gensize_t offset,
                            enum objtype new_type, gensize_t objsize, size_t count)
{
    uint64_t levels = SLOT_LEVELS(get_cap_level(dest_start), get_cap_level(src), (uint64_t)new_type);
    return invoke_root(CNODE_RETYPE, slot_ref(dest_start), slot_ref(src), levels, offset, objsize, count).err;
}

/// The first `count` of these slots are emptied again.
static void delete_first(struct capref dest_start, size_t count)
{
    for (; count > 0; count--, dest_start.slot++) {
        cap_delete(dest_start);
    }
}

/// Any number of objects: as many at a time as the kernel makes, and none if that fails.
static errval_t retype_all(struct capref dest_start, struct capref src, gensize_t offset,
                           enum objtype new_type, gensize_t objsize, size_t count)
{
    struct capability_info made = {0};
    struct capref dest = dest_start;
    for (size_t done = 0; done < count; done += RETYPE_MAX_COUNT) {
        size_t some = count - done < RETYPE_MAX_COUNT ? count - done : RETYPE_MAX_COUNT;
        errval_t err = retype_some(dest, src, offset, new_type, objsize, some);
        if (err_is_fail(err)) {
            delete_first(dest_start, done);
            return err;
        }
        cap_identify(dest, &made);
        // Endpoints share the region of their dispatcher, and each begins where that does.
        offset += new_type == ObjType_EndPoint ? 0 : made.bytes * RETYPE_MAX_COUNT;
        dest.slot += RETYPE_MAX_COUNT;
    }
    return SYS_ERR_OK;
}

errval_t cap_retype(struct capref dest_start, struct capref src, gensize_t offset, enum objtype new_type,
                    gensize_t objsize, size_t count)
{
    errval_t err = count <= RETYPE_MAX_COUNT ? retype_some(dest_start, src, offset, new_type, objsize, count)
                                             : retype_all(dest_start, src, offset, new_type, objsize, count);
    return err_is_fail(err) ? err_push(err, LIB_ERR_CAP_RETYPE) : SYS_ERR_OK;
}

errval_t cap_delete(struct capref cap)
{
    errval_t err =
        invoke_root(CNODE_DELETE, slot_ref(cap), 0, SLOT_LEVELS(get_cap_level(cap), 0, 0), 0, 0, 0).err;
    return err_is_fail(err) ? err_push(err, LIB_ERR_CAP_DELETE) : SYS_ERR_OK;
}

errval_t cap_revoke(struct capref cap)
{
    errval_t err =
        invoke_root(CNODE_REVOKE, slot_ref(cap), 0, SLOT_LEVELS(get_cap_level(cap), 0, 0), 0, 0, 0).err;
    return err_is_fail(err) ? err_push(err, LIB_ERR_CAP_REVOKE) : SYS_ERR_OK;
}

errval_t cap_revoke_step(struct capref cap)
{
    uint64_t levels = SLOT_LEVELS(get_cap_level(cap), 0, 0);
    errval_t err = sys_invoke(TASKCN_SLOT_ROOTCN, CNODE_REVOKE, slot_ref(cap), 0, levels, 0, 0, 0).err;
    return err_is_fail(err) && err != SYS_ERR_RESTART ? err_push(err, LIB_ERR_CAP_REVOKE) : err;
}

errval_t cap_destroy(struct capref cap)
{
    errval_t err = cap_delete(cap);
    return err_is_fail(err) ? err : slot_free(cap);
}

void cap_discard(struct capref cap)
{
    (void)cap_delete(cap); // or it is gone
    (void)slot_free(cap);
}

static inline __attribute__((always_inline)) errval_t identify(struct capref cap, bool family,
                                                               struct capability_info *ret,
                                                               bool *has_descendants)
{
    struct sys_result result =
        invoke_root(CNODE_IDENTIFY, slot_ref(cap), 0, SLOT_LEVELS(get_cap_level(cap), 0, 0), family, 0, 0);
    if (err_is_ok(result.err)) {
        *ret = (struct capability_info){
            .type = (enum objtype)(result.value[0] & 0xff),
            .rights = (unsigned)(result.value[0] >> 8) & CAPRIGHTS_ALL,
            .base = result.value[1],
            .bytes = result.value[2],
        };
        *has_descendants = result.value[0] & IDENTIFY_DESCENDANTS;
    }
    return result.err;
}

errval_t cap_identify(struct capref cap, struct capability_info *ret)
{
    bool ignored;
    return identify(cap, false, ret, &ignored);
}

errval_t cap_identify_family(struct capref cap, struct capability_info *ret, bool *has_descendants)
{
    return identify(cap, true, ret, has_descendants);
}

errval_t cap_grant(struct capref dest, struct capref src)
{
    struct capability_info info;
    errval_t err = cap_identify(src, &info);
    return err_is_ok(err) ? cap_mint(dest, src, info.rights & ~(unsigned)CAPRIGHTS_CONTROL, 0) : err;
}

errval_t vnode_map(struct capref dest, struct capref src, capaddr_t slot, uint64_t attr, uint64_t off,
                   uint64_t pte_count, struct capref mapping)
{
    uint64_t what = get_cap_addr(src) | (uint64_t)get_cap_addr(mapping) << 32;
    errval_t err =
        sys_invoke(get_cap_addr(dest), VNODE_MAP, what, slot | pte_count << 32, attr, off, 0, 0).err;
    return err_is_fail(err) ? err_push(err, LIB_ERR_VNODE_MAP) : SYS_ERR_OK;
}

errval_t vnode_unmap(struct capref vnode, struct capref mapping)
{
    return sys_invoke(get_cap_addr(vnode), VNODE_UNMAP, get_cap_addr(mapping), 0, 0, 0, 0, 0).err;
}

errval_t vnode_protect(struct capref vnode, struct capref mapping, size_t first, size_t count, uint64_t attr)
{
    if (first > UINT32_MAX || count > UINT32_MAX) {
        return err_push(SYS_ERR_VNODE_ENTRY_RANGE, LIB_ERR_VNODE_PROTECT);
    }
    errval_t err = sys_invoke(get_cap_addr(vnode), VNODE_PROTECT, get_cap_addr(mapping),
                              first | (uint64_t)count << 32, attr, 0, 0, 0)
                       .err;
    return err_is_fail(err) ? err_push(err, LIB_ERR_VNODE_PROTECT) : SYS_ERR_OK;
}

/// cnode_create_l2() with the memory lock held: the L1CNode does not change its place meanwhile.
static errval_t make_l2_cnode(struct capref *ret_dest, struct cnoderef *cnoderef)
{
    cslot_t l1_slot = slot_alloc_l1();
    if (!l1_slot) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    struct capref dest = capref_make_l1(TASKCN_SLOT_ROOTCN, l1_slot);
    errval_t err = ram_alloc_object(dest, ObjType_L2CNode, OBJSIZE_L2CNode, OBJSIZE_L2CNode);
    if (err_is_fail(err)) {
        slot_free_l1(l1_slot);
        return err;
    }
    *ret_dest = dest;
    *cnoderef = capref_make(TASKCN_SLOT_ROOTCN, l1_slot, 0).cnode;
    return SYS_ERR_OK;
}

errval_t cnode_create_l2(struct capref *ret_dest, struct cnoderef *cnoderef)
{
    errval_t err = make_l2_cnode(ret_dest, cnoderef);
    return err_is_fail(err) ? err_push(err, LIB_ERR_CNODE_CREATE) : SYS_ERR_OK;
}

errval_t cnode_create_l1(struct capref *ret_dest, struct cnoderef *cnoderef)
{
    errval_t err = slot_alloc(ret_dest);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_CNODE_CREATE);
    }
    err = ram_alloc_object(*ret_dest, ObjType_L1CNode, ROOTCN_SLOTS * CNODE_SLOT_BYTES, OBJSIZE_L2CNode);
    if (err_is_fail(err)) {
        slot_free(*ret_dest);
        return err_push(err, LIB_ERR_CNODE_CREATE);
    }
    *cnoderef = (struct cnoderef){.croot = get_cap_addr(*ret_dest), .level = CNODE_TYPE_ROOT};
    return SYS_ERR_OK;
}
