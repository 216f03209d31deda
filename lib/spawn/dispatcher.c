#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/paging.h>
#include <aos/slot_alloc.h>
#include <rt/syscall.h>
#include <spawn/builder.h>
#include <string.h>

/// What crt0 expects: disabled, at the entry point, on the first stack.
static void fill(const struct builder *builder, struct dispatcher_shared *disp)
{
    disp->disabled = 1;
    disp->self = USER_DISPATCHER;
    disp->core = disp_get_core_id();
    strncpy(disp->name, builder->request->name, sizeof(disp->name) - 1);
    disp->save_disabled.x[0] = USER_DISPATCHER;
    disp->save_disabled.sp = USER_STACK + USER_STACK_BYTES;
    disp->save_disabled.pc = builder->image.entry;
}

static errval_t make_frame(struct builder *builder, struct capref frame)
{
    size_t bytes = builder->dispatcher_bytes;
    errval_t err = builder_object(builder, frame, ObjType_Frame, bytes, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        return err;
    }
    builder->si->memory[SPAWN_MEMORY_PAGES] -= bytes;
    builder->si->memory[SPAWN_MEMORY_DISPATCHER] += bytes;
    void *window;
    err = paging_map_frame_attr(get_current_paging_state(), &window, sizeof(struct dispatcher_shared), frame,
                                VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        return err;
    }
    fill(builder, window);
    paging_unmap(get_current_paging_state(), window);
    return builder_map(builder, USER_DISPATCHER, frame, 0, bytes, VREGION_FLAGS_READ_WRITE);
}

errval_t builder_make_dispatcher(struct builder *builder)
{
    struct spawninfo *si = builder->si;
    struct capref dispatcher = builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_DISPATCHER);
    struct capref frame = builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_DISPFRAME);
    errval_t err = make_frame(builder, frame);
    if (err_is_ok(err)) {
        err = builder_object(builder, dispatcher, ObjType_Dispatcher, OBJSIZE_Dispatcher, BASE_PAGE_SIZE);
    }
    if (err_is_ok(err)) {
        err = slot_alloc(&si->dispatcher);
    }
    if (err_is_fail(err)) {
        si->dispatcher = NULL_CAP;
        return err;
    }
    err = cap_copy(si->dispatcher, dispatcher);
    if (err_is_ok(err)) {
        err = cap_retype(builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_SELFEP), dispatcher, 0,
                         ObjType_EndPoint, 0, 1);
    }
    if (err_is_fail(err)) {
        return err;
    }
    uint64_t spaces = get_cap_addr(si->rootcn) | (uint64_t)get_cap_addr(builder->tables.root.cap) << 32;
    struct capref end = builder->request->end_endpoint;
    uint64_t ends = get_cap_addr(frame) | (uint64_t)(capref_is_null(end) ? 0 : get_cap_addr(end)) << 32;
    struct sys_result result =
        sys_invoke(get_cap_addr(si->dispatcher), DISPATCHER_SETUP, spaces, ends, USER_DISPATCHER, 0, 0, 0);
    si->dispatcher_number = (uint32_t)result.value[0];
    return result.err;
}
