#include <section/scheme.h>

_Thread_local struct section_state section_state;
volatile bool section_is_low;
bool (*section_supply)(bool failed);

/// Is there no memory, as far as an error tells?
static bool is_want_of_memory(errval_t err)
{
    for (; err != SYS_ERR_OK; err = err_pop(err)) {
        if (err_no(err) == MM_ERR_OUT_OF_MEMORY) {
            return true;
        }
    }
    return section_is_low;
}

static bool is_outside(void)
{
    return section_supply && !section_refilling() && !section_current();
}

void section_supply_first(void)
{
    if (is_outside()) {
        (void)section_supply(false);
    }
}

errval_t section_enter_again(struct section *section, struct section_visit *visit, errval_t err)
{
    while (err_is_fail(err) && is_outside() && is_want_of_memory(err) && section_supply(true)) {
        err = scheme_enter(section, visit);
    }
    return err;
}

errval_t section_refill(struct section *section)
{
    section_supply_first();
    errval_t err = scheme_refill(section);
    while (err_is_fail(err) && is_outside() && is_want_of_memory(err) && section_supply(true)) {
        err = scheme_refill(section);
    }
    return err;
}

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
