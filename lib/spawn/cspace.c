#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <cap/cspace.h>
#include <spawn/builder.h>

#define CNODE_ALIGNMENT OBJSIZE_L2CNode

/* Page tables that every child has besides those of the last level: one of each level, and for the trace ring
 * another one of level 2. */
#define FIXED_PAGE_TABLES 3

struct capref builder_slot(const struct builder *builder, cslot_t l1_slot, cslot_t slot)
{
    return capref_make(TASKCN_SLOT_ROOTCN, builder->own_l1[l1_slot], slot);
}

errval_t builder_next_slot(struct builder *builder, struct capref *ret)
{
    if (builder->used_slots == L2_CNODE_SLOTS) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    *ret = builder_slot(builder, ROOTCN_PAGE, builder->used_slots++);
    return SYS_ERR_OK;
}

static enum spawn_memory kind_of(enum objtype type)
{
    switch (type) {
    case ObjType_L1CNode:
    case ObjType_L2CNode:
        return SPAWN_MEMORY_CAPABILITIES;
    case ObjType_RAM:
        return SPAWN_MEMORY_GRANTED;
    case ObjType_Frame:
        return SPAWN_MEMORY_PAGES;
    case ObjType_Dispatcher:
        return SPAWN_MEMORY_DISPATCHER;
    default:
        return SPAWN_MEMORY_TABLES;
    }
}

errval_t builder_object(struct builder *builder, struct capref dest, enum objtype type, size_t bytes,
                        size_t alignment)
{
    gensize_t start = ROUND_UP(builder->ram_used, (gensize_t)alignment);
    gensize_t taken = ROUND_UP(bytes, BASE_PAGE_SIZE);
    if (start > builder->ram_bytes || taken > builder->ram_bytes - start) {
        return LIB_ERR_RAM_ALLOC_EXHAUSTED;
    }
    errval_t err = cap_retype(dest, builder->si->ram, start, type, bytes, 1);
    if (err_is_ok(err)) {
        builder->ram_used = start + taken;
        builder->si->memory[kind_of(type)] += taken;
    }
    return err;
}

/// RAM for the child's own use.
static gensize_t granted_bytes(const struct builder *builder)
{
    size_t bytes = builder->request->ram_bytes;
    return bytes ? ROUND_UP(bytes, BASE_PAGE_SIZE) : USER_RAM_BYTES;
}

/// Counts a mapping of pages: what it takes if it does not share the memory of somebody else, and the page
/// tables of the last level that no mapping before it had. These need fewer if some pages are large.
struct need {
    gensize_t bytes;
    lvaddr_t tables_end; ///< Up to here the page tables have been counted.
};

static void add_mapping(struct need *need, lvaddr_t vaddr, size_t bytes, bool shared)
{
    lvaddr_t first = ROUND_DOWN(vaddr, BASE_PAGE_SIZE), end = ROUND_UP(vaddr + bytes, BASE_PAGE_SIZE);
    lvaddr_t tables = ROUND_DOWN(first, LARGE_PAGE_SIZE), tables_end = ROUND_UP(end, LARGE_PAGE_SIZE);
    need->bytes += shared ? 0 : end - first;
    tables =
        tables < need->tables_end && first >= need->tables_end - LARGE_PAGE_SIZE ? need->tables_end : tables;
    need->bytes += (tables_end - tables) / LARGE_PAGE_SIZE * BASE_PAGE_SIZE;
    need->tables_end = tables_end;
}

/// Everything that builder_object() will be asked for. What needs the largest alignment comes first.
static gensize_t ram_needed(const struct builder *builder)
{
    struct need need = {.bytes = ROOTCN_SLOTS * CNODE_SLOT_BYTES};
    need.bytes += (builder->request->modules ? 3 : 2) * OBJSIZE_L2CNode;
    need.bytes +=
        granted_bytes(builder) + (FIXED_PAGE_TABLES + (builder->trace_bytes ? 1 : 0)) * BASE_PAGE_SIZE;
    need.bytes += ROUND_UP(OBJSIZE_Dispatcher, BASE_PAGE_SIZE);
    for (unsigned i = 0; i < builder->image.segment_count; i++) {
        const struct elf_segment *segment = &builder->image.segments[i];
        add_mapping(&need, segment->vaddr, segment->memory_bytes, builder_shares_segment(segment));
    }
    add_mapping(&need, USER_STACK, USER_STACK_BYTES, false);
    add_mapping(&need, USER_ARGS, builder->arguments.bytes, false);
    add_mapping(&need, USER_DISPATCHER, builder->dispatcher_bytes, false);
    add_mapping(&need, USER_TRACE, builder->trace_bytes, true);
    return need.bytes;
}

static errval_t make_root(struct builder *builder)
{
    struct spawninfo *si = builder->si;
    builder->ram_bytes = ram_needed(builder);
    errval_t err = ram_alloc_aligned(&si->ram, builder->ram_bytes, CNODE_ALIGNMENT);
    if (err_is_fail(err)) {
        si->ram = NULL_CAP;
        return err;
    }
    si->ram_bytes = builder->ram_bytes;
    si->granted_bytes = granted_bytes(builder);
    err = slot_alloc(&si->rootcn);
    if (err_is_fail(err)) {
        si->rootcn = NULL_CAP;
        return err;
    }
    return builder_object(builder, si->rootcn, ObjType_L1CNode, ROOTCN_SLOTS * CNODE_SLOT_BYTES,
                          CNODE_ALIGNMENT);
}

/// Makes the CNode of one L1 slot: in our CSpace, and a copy in the child's.
static errval_t make_cnode(struct builder *builder, cslot_t l1_slot)
{
    cslot_t own = slot_alloc_l1();
    if (!own) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    struct capref cnode = capref_make_l1(TASKCN_SLOT_ROOTCN, own);
    cspace_lock();
    errval_t err = builder_object(builder, cnode, ObjType_L2CNode, OBJSIZE_L2CNode, CNODE_ALIGNMENT);
    cspace_unlock();
    if (err_is_fail(err)) {
        slot_free_l1(own);
        return err;
    }
    builder->own_l1[l1_slot] = own;
    return cap_copy(capref_make_l1(get_cap_addr(builder->si->rootcn), l1_slot), cnode);
}

/// Something of ours for the child, which may use it and not take it from everybody else.
static errval_t grant(struct builder *builder, cslot_t slot, struct capref cap)
{
    return capref_is_null(cap) ? SYS_ERR_OK : cap_grant(builder_slot(builder, ROOTCN_TASK, slot), cap);
}

static errval_t fill_task_cnode(struct builder *builder)
{
    const struct spawn_request *request = builder->request;
    errval_t err = cap_copy(builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_ROOTCN), builder->si->rootcn);
    if (err_is_ok(err) && !request->give_parent_endpoint) {
        err = grant(builder, TASKCN_SLOT_PARENTEP, request->parent_endpoint);
    }
    if (err_is_ok(err) && request->console) {
        err =
            cap_mint(builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_KERNEL), cap_kernel, CAPRIGHTS_WRITE, 0);
    }
    if (err_is_ok(err) && builder->trace_bytes) {
        err = cap_mint(builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_TRACE), cap_trace,
                       CAPRIGHTS_READ | CAPRIGHTS_WRITE, 0);
    }
    for (size_t i = 0; i < request->grant_count && err_is_ok(err); i++) {
        err = grant(builder, request->grants[i].slot, request->grants[i].cap);
    }
    return err;
}

/// The boot information and every module, to be read and executed.
static errval_t give_modules(struct builder *builder)
{
    const struct bootinfo *info = bootinfo_get();
    if (!info) {
        return SPAWN_ERR_FIND_MODULE;
    }
    errval_t err = make_cnode(builder, ROOTCN_MODULES);
    if (err_is_ok(err)) {
        err = cap_mint(builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_BOOTINFO), cap_bootinfo,
                       CAPRIGHTS_READ | CAPRIGHTS_GRANT, 0);
    }
    for (unsigned i = 0; i < info->module_count && i < BOOTINFO_MAX_MODULES && err_is_ok(err); i++) {
        struct capref module = {.cnode = cnode_module, .slot = i};
        err = cap_mint(builder_slot(builder, ROOTCN_MODULES, i), module,
                       CAPRIGHTS_READ | CAPRIGHTS_EXECUTE | CAPRIGHTS_GRANT, 0);
    }
    return err;
}

/// The CNode for page tables, memory and frames, in all places where the child looks for these; and in it the
/// root page table and the RAM, which the child expects first.
static errval_t make_memory(struct builder *builder)
{
    capaddr_t root = get_cap_addr(builder->si->rootcn);
    struct capref memory;
    errval_t err = make_cnode(builder, ROOTCN_PAGE);
    if (err_is_ok(err)) {
        err = cap_copy(capref_make_l1(root, ROOTCN_MEMORY), capref_make_l1(root, ROOTCN_PAGE));
    }
    if (err_is_ok(err)) {
        err = cap_copy(capref_make_l1(root, ROOTCN_SEGMENTS), capref_make_l1(root, ROOTCN_PAGE));
    }
    if (err_is_ok(err)) {
        err = builder_next_slot(builder, &builder->root_table);
    }
    if (err_is_ok(err)) {
        err = builder_object(builder, builder->root_table, ObjType_VNode_AARCH64_l0, BASE_PAGE_SIZE,
                             BASE_PAGE_SIZE);
    }
    if (err_is_ok(err)) {
        err = builder_next_slot(builder, &memory);
    }
    return err_is_ok(err)
               ? builder_object(builder, memory, ObjType_RAM, granted_bytes(builder), BASE_PAGE_SIZE)
               : err;
}

errval_t builder_make_cspace(struct builder *builder)
{
    errval_t err = make_root(builder);
    if (err_is_ok(err)) {
        err = make_cnode(builder, ROOTCN_TASK);
    }
    if (err_is_ok(err)) {
        err = fill_task_cnode(builder);
    }
    if (err_is_ok(err) && builder->request->modules) {
        err = give_modules(builder);
    }
    return err_is_ok(err) ? make_memory(builder) : err;
}

void builder_release(struct builder *builder)
{
    page_tables_forget(&builder->tables);
    for (cslot_t l1_slot = 0; l1_slot < BUILDER_L1_SLOTS; l1_slot++) {
        if (builder->own_l1[l1_slot]) {
            // Not the last copy, so it need not be empty; the child's is in its own L1CNode.
            cspace_lock();
            cap_delete(capref_make_l1(TASKCN_SLOT_ROOTCN, builder->own_l1[l1_slot]));
            cspace_unlock();
            slot_free_l1(builder->own_l1[l1_slot]);
            builder->own_l1[l1_slot] = 0;
        }
    }
}
