#include <section/scheme.h>

_Thread_local struct section_state section_state;

/// Fills the reserve of a section that a refill of another one is going to live on.
static errval_t prepare(struct section *needed, const struct section *section)
{
    enum section_need need = needed->group == section->group ? SECTION_NEED_BASE : SECTION_NEED_RESERVE;
    while (!section_has(needed, need)) {
        if (needed->refilling) {
            return LIB_ERR_RESERVE;
        }
        errval_t err = section_refill_alone(needed);
        if (err_is_fail(err)) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t section_run_refill(struct section *section)
{
    const bool nested = section_state.refilling;
    errval_t err = SYS_ERR_OK;
    section->refilling = true;
    for (struct section *const *needed = section->needs; *needed && err_is_ok(err); needed++) {
        err = *needed == section ? SYS_ERR_OK : prepare(*needed, section);
    }
    if (err_is_ok(err)) {
        section_state.refilling = true;
        err = section->refill();
        section_state.refilling = nested;
    }
    section->refilling = false;
    return err;
}
