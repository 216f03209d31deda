#include <aos/arguments.h>
#include <aos/capabilities.h>
#include <aos/paging.h>
#include <spawn/builder.h>
#include <string.h>

/// Appends strings to the arguments' text. \return how many, or -1 if they do not fit
static int add_strings(struct domain_arguments *arguments, const char *const *strings)
{
    int count = 0;
    for (; strings && strings[count]; count++) {
        size_t bytes = strlen(strings[count]) + 1;
        if (count == ARGUMENTS_MAX || bytes > ARGUMENTS_TEXT_BYTES - arguments->text_bytes) {
            return -1;
        }
        memcpy(arguments->text + arguments->text_bytes, strings[count], bytes);
        arguments->text_bytes += (uint32_t)bytes;
    }
    return count;
}

static errval_t fill(const struct builder *builder, struct domain_arguments *arguments)
{
    *arguments = (struct domain_arguments){
        .magic = ARGUMENTS_MAGIC,
        .version = ARGUMENTS_VERSION,
        .stack_bytes = builder->request->stack_bytes ? builder->request->stack_bytes : USER_STACK_LIMIT_BYTES,
        .trace_bytes = builder->trace_bytes,
        .pid = builder->request->pid,
    };
    int argc = add_strings(arguments, builder->request->argv);
    int envc = argc < 0 ? -1 : add_strings(arguments, builder->request->envp);
    if (envc < 0) {
        return LIB_ERR_ARGUMENTS_TOO_LONG;
    }
    arguments->argc = (uint32_t)argc;
    arguments->envc = (uint32_t)envc;
    return SYS_ERR_OK;
}

errval_t builder_make_arguments(struct builder *builder)
{
    struct capref frame = builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_ARGSPAGE);
    errval_t err = builder_object(builder, frame, ObjType_Frame, ARGUMENTS_BYTES, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        return err;
    }
    void *window;
    err = paging_map_frame_attr(get_current_paging_state(), &window, ARGUMENTS_BYTES, frame,
                                VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        return err;
    }
    err = fill(builder, window);
    paging_unmap(get_current_paging_state(), window);
    return err_is_ok(err) ? builder_map(builder, USER_ARGS, frame, 0, ARGUMENTS_BYTES, VREGION_FLAGS_READ)
                          : err;
}
