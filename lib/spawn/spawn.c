#include <aos/capabilities.h>
#include <aos/cycles.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <rt/syscall.h>
#include <spawn/builder.h>

static errval_t load(struct builder *builder)
{
    return module_find(builder->request->name, &builder->file);
}

static errval_t parse(struct builder *builder)
{
    return elf_parse(builder->file.content, builder->file.bytes, USER_IMAGE_BASE, USER_IMAGE_LIMIT,
                     &builder->image);
}

static errval_t start(struct builder *builder)
{
    return sys_invoke(get_cap_addr(builder->si->dispatcher), DISPATCHER_RUN, 0, 0, 0, 0, 0, 0).err;
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

errval_t spawn_load(const struct spawn_request *request, struct spawninfo *si)
{
    *si = (struct spawninfo){0};
    struct builder builder = {
        .request = request,
        .si = si,
        .trace_bytes = trace_ring_bytes(),
    };
    errval_t err = SYS_ERR_OK;
    for (unsigned phase = 0; phase < SPAWN_PHASES && err_is_ok(err); phase++) {
        uint64_t before = cycle_count();
        err = steps[phase].run(&builder);
        si->cycles[phase] = cycle_count() - before;
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
