#include <aos/capabilities.h>
#include <aos/paging.h>
#include <spawn/builder.h>

static void fill(const struct builder *builder, struct domain_arguments *arguments)
{
    const struct spawn_request *request = builder->request;
    *arguments = (struct domain_arguments){
        .magic = ARGUMENTS_MAGIC,
        .version = ARGUMENTS_VERSION,
        .pid = request->pid,
        .stack_bytes = request->stack_bytes ? request->stack_bytes : USER_STACK_LIMIT_BYTES,
        .trace_bytes = builder->trace_bytes,
        .dispatcher_bytes = builder->dispatcher_bytes,
    };
    for (const struct page_table *table = builder->block_table; table; table = table->parent) {
        arguments->arena_tables[table->level] = table->cap.slot;
    }
    arguments_write(request, &builder->arguments, arguments, USER_ARGS);
}

errval_t builder_make_arguments(struct builder *builder)
{
    size_t bytes = ROUND_UP(builder->arguments.bytes, BASE_PAGE_SIZE);
    struct capref frame = builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_ARGSPAGE);
    errval_t err = builder_object(builder, frame, ObjType_Frame, bytes, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        return err;
    }
    void *window;
    err = paging_map_frame_attr(get_current_paging_state(), &window, bytes, frame, VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        return err;
    }
    fill(builder, window);
    paging_unmap(get_current_paging_state(), window);
    // C lets a program change the strings that it was given, and where they are.
    return builder_map(builder, USER_ARGS, frame, 0, bytes, VREGION_FLAGS_READ_WRITE);
}
