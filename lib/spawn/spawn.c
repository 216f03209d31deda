#include <aos/capabilities.h>
#include <aos/cycles.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <rt/syscall.h>
#include <spawn/builder.h>
#include <trace/trace.h>

static errval_t load(struct builder *builder)
{
    const struct boot_file *file = builder->request->file;
    if (file) {
        builder->file = *file;
        return SYS_ERR_OK;
    }
    return module_find(builder->request->name, &builder->file);
}

static errval_t parse(struct builder *builder)
{
    static const struct elf_limits limits = {
        .low = USER_IMAGE_BASE,
        .high = USER_IMAGE_LIMIT,
        .memory_bytes = USER_IMAGE_MAX_BYTES,
    };
    return elf_parse(builder->file.content, builder->file.bytes, &limits, &builder->image);
}

/// An endpoint that is given away goes last, when nothing is expected to fail any more.
static errval_t start(struct builder *builder)
{
    const struct spawn_request *request = builder->request;
    struct capref endpoint = builder_slot(builder, ROOTCN_TASK, TASKCN_SLOT_PARENTEP);
    if (request->give_parent_endpoint) {
        errval_t err = cap_move(endpoint, request->parent_endpoint);
        if (err_is_fail(err)) {
            return err;
        }
    }
    errval_t err = sys_invoke(get_cap_addr(builder->si->dispatcher), DISPATCHER_RUN, 0, 0, 0, 0, 0, 0).err;
    if (err_is_fail(err) && request->give_parent_endpoint) {
        cap_move(request->parent_endpoint, endpoint);
    }
    return err;
}

/// The steps, in the order of enum spawn_phase.
static const struct {
    errval_t (*run)(struct builder *builder);
    errval_t failure; ///< What a failure in it is called.
} steps[SPAWN_PHASES] = {
    [SPAWN_PHASE_LOAD] = {load, SPAWN_ERR_LOAD},
    [SPAWN_PHASE_ELF] = {parse, SPAWN_ERR_LOAD},
    [SPAWN_PHASE_CSPACE] = {builder_make_cspace, SPAWN_ERR_CSPACE},
    [SPAWN_PHASE_VSPACE] = {builder_make_vspace, SPAWN_ERR_VSPACE},
    [SPAWN_PHASE_ARGUMENTS] = {builder_make_arguments, SPAWN_ERR_ARGUMENTS},
    [SPAWN_PHASE_DISPATCHER] = {builder_make_dispatcher, SPAWN_ERR_DISPATCHER},
    [SPAWN_PHASE_START] = {start, SPAWN_ERR_RUN},
};

/// Bytes of this core's trace ring, 0 without tracing.
static size_t trace_ring_bytes(void)
{
    struct capability_info info;
    return err_is_ok(cap_identify(cap_trace, &info)) ? info.bytes : 0;
}

/// What sizes the request asks for, and whether they are allowed.
static errval_t measure(struct builder *builder)
{
    const struct spawn_request *request = builder->request;
    errval_t err = arguments_measure(request, &builder->arguments);
    if (err_is_fail(err)) {
        return err_push(err, SPAWN_ERR_ARGUMENTS);
    }
    size_t bytes = request->dispatcher_bytes ? request->dispatcher_bytes : USER_DISPATCHER_BYTES;
    if (bytes > USER_DISPATCHER_MAX_BYTES) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, SPAWN_ERR_DISPATCHER);
    }
    builder->dispatcher_bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    builder->trace_bytes = trace_ring_bytes();
    return SYS_ERR_OK;
}

errval_t spawn_load(const struct spawn_request *request, struct spawninfo *si)
{
    *si = (struct spawninfo){0};
    struct builder builder = {.request = request, .si = si};
    uint64_t begin = cycle_count();
    errval_t err = measure(&builder);
    for (unsigned phase = 0; phase < SPAWN_PHASES && err_is_ok(err); phase++) {
        trace_spawn_phase_begin(phase);
        err = steps[phase].run(&builder);
        trace_spawn_phase_end(phase);
        uint64_t end = cycle_count();
        si->cycles[phase] = end - begin;
        begin = end;
        if (err_is_fail(err)) {
            err = err_push(err, steps[phase].failure);
        }
    }
    builder_release(&builder);
    if (err_is_fail(err)) {
        spawn_destroy(si);
    }
    return err;
}

errval_t spawn_load_by_name(const char *name, domainid_t pid, struct spawninfo *si)
{
    const char *const argv[] = {name, NULL};
    const struct spawn_request request = {.name = name, .argv = argv, .pid = pid, .console = true};
    return spawn_load(&request, si);
}
