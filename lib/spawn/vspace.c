#include <aos/capabilities.h>
#include <aos/paging.h>
#include <spawn/builder.h>
#include <stdlib.h>
#include <string.h>

/// The first of them, the root, comes into slot 0, where the child looks for it.
static errval_t make_table(void *context, enum objtype type, struct capref *ret)
{
    errval_t err = builder_next_slot(context, ret);
    return err_is_ok(err) ? builder_object(context, *ret, type, BASE_PAGE_SIZE, BASE_PAGE_SIZE) : err;
}

static errval_t make_slot(void *context, struct capref *ret)
{
    return builder_next_slot(context, ret);
}

static void *make_node(void *context, size_t bytes)
{
    (void)context;
    return malloc(bytes);
}

static void free_node(void *context, void *node, size_t bytes)
{
    (void)context;
    (void)bytes;
    free(node);
}

/// A child that cannot be built is destroyed as a whole, so nothing is given back before.
static void keep_slot(void *context, struct capref cap)
{
    (void)context;
    (void)cap;
}

static void keep_table(void *context, enum objtype type, struct capref cap)
{
    (void)type;
    keep_slot(context, cap);
}

errval_t builder_map(struct builder *builder, lvaddr_t vaddr, struct capref frame, gensize_t offset,
                     size_t bytes, uint64_t flags)
{
    struct capability_info info;
    errval_t err = cap_identify(frame, &info);
    for (size_t done = 0; done < bytes && err_is_ok(err);) {
        struct page_chunk chunk = page_chunk_first(vaddr + done, info.base + offset + done, bytes - done);
        err = page_tables_map(&builder->tables, vaddr + done, &chunk, frame, offset + done, (uint32_t)flags);
        done += chunk.bytes;
    }
    return err;
}

/// Maps a frame of ours. The child gets what the mapping needs, and not the right to write to what others
/// use, or to take it away from them.
static errval_t map_shared(struct builder *builder, lvaddr_t vaddr, struct capref frame, gensize_t offset,
                           size_t bytes, uint64_t flags)
{
    struct capref shared;
    errval_t err = builder_next_slot(builder, &shared);
    if (err_is_ok(err)) {
        // A flag and the right that it needs are the same bit.
        err = cap_mint(shared, frame, flags, 0);
    }
    return err_is_ok(err) ? builder_map(builder, vaddr, shared, offset, bytes, flags) : err;
}

static errval_t make_frame(struct builder *builder, size_t bytes, struct capref *frame)
{
    errval_t err = builder_next_slot(builder, frame);
    return err_is_ok(err) ? builder_object(builder, *frame, ObjType_Frame, bytes, BASE_PAGE_SIZE) : err;
}

static uint64_t region_flags(const struct elf_segment *segment)
{
    return (segment->flags & ELF_READ ? VREGION_FLAGS_READ : 0)
           | (segment->flags & ELF_WRITE ? VREGION_FLAGS_WRITE : 0)
           | (segment->flags & ELF_EXECUTE ? VREGION_FLAGS_EXECUTE : 0);
}

/// The part of a segment that stands in the file. What is behind it is clear already.
static errval_t fill_frame(struct builder *builder, const struct elf_segment *segment, size_t skipped,
                           struct capref frame)
{
    void *window;
    const size_t bytes = ROUND_UP(skipped + segment->file_bytes, BASE_PAGE_SIZE);
    errval_t err =
        paging_map_frame_attr(get_current_paging_state(), &window, bytes, frame, VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        return err;
    }
    memcpy((char *)window + skipped, (const char *)builder->file.content + segment->offset,
           segment->file_bytes);
    return paging_unmap(get_current_paging_state(), window);
}

/// A private copy. It is not mapped here and there at a time, which would take two capabilities.
static errval_t load_copy(struct builder *builder, const struct elf_segment *segment, lvaddr_t first,
                          size_t bytes)
{
    struct capref frame;
    errval_t err = make_frame(builder, bytes, &frame);
    if (err_is_ok(err) && segment->file_bytes > 0) {
        err = fill_frame(builder, segment, segment->vaddr - first, frame);
    }
    return err_is_ok(err) ? builder_map(builder, first, frame, 0, bytes, region_flags(segment)) : err;
}

/// What is not written needs no copy: file offset and address agree within pages. Code is never copied, so
/// nobody has to make a copy visible to instruction fetches.
bool builder_shares_segment(const struct elf_segment *segment)
{
    return !(segment->flags & ELF_WRITE) && segment->file_bytes == segment->memory_bytes;
}

static errval_t load_segment(struct builder *builder, const struct elf_segment *segment)
{
    lvaddr_t first = ROUND_DOWN(segment->vaddr, BASE_PAGE_SIZE);
    size_t bytes = ROUND_UP(segment->vaddr + segment->memory_bytes, BASE_PAGE_SIZE) - first;
    if (builder_shares_segment(segment)) {
        return map_shared(builder, first, builder->file.frame, ROUND_DOWN(segment->offset, BASE_PAGE_SIZE),
                          bytes, region_flags(segment));
    }
    return load_copy(builder, segment, first, bytes);
}

/* The child's first capability of a frame that it finds in its task CNode is not what is mapped: it may
 * delete it, or map it. Of the others it need not know. */
#define SUPPLY(what)                                                                                        \
    {                                                                                                       \
        .make_table = make_table, .make_slot = make_slot, .make_node = make_node, .free_table = keep_table, \
        .free_slot = keep_slot, .free_node = free_node, .copies = (what),                                   \
    }
static const struct page_supply supply = SUPPLY(false), supply_of_copies = SUPPLY(true);

errval_t builder_make_vspace(struct builder *builder)
{
    struct capref stack = NULL_CAP;
    errval_t err = page_tables_init(&builder->tables, builder->root_table, &supply, builder);
    for (unsigned i = 0; i < builder->image.segment_count && err_is_ok(err); i++) {
        err = load_segment(builder, &builder->image.segments[i]);
    }
    if (err_is_ok(err)) {
        err = make_frame(builder, USER_STACK_BYTES, &stack);
    }
    if (err_is_ok(err)) {
        // Nothing is ever mapped right below: that page is the stack's guard.
        err = builder_map(builder, USER_STACK, stack, 0, USER_STACK_BYTES, VREGION_FLAGS_READ_WRITE);
    }
    if (err_is_ok(err)) {
        err = page_tables_hold(&builder->tables, USER_ARENA, &builder->block_table);
    }
    if (err_is_ok(err) && builder->trace_bytes) {
        err = map_shared(builder, USER_TRACE, cap_trace, 0, builder->trace_bytes, VREGION_FLAGS_READ_WRITE);
    }
    builder->tables.supply = &supply_of_copies;
    return err;
}
