#include <aos/debug.h>
#include <section/scheme.h>

/// Of the calling thread.
static _Thread_local struct {
    const struct section *current;
    bool refilling;
} visit_state;

bool section_refilling(void)
{
    return visit_state.refilling;
}

const struct section *section_current(void)
{
    return visit_state.current;
}

void section_note_coming(const struct section *section)
{
#ifdef DOMAIN_DEBUG
    if (visit_state.current) {
        USER_PANIC("section %s is asked for inside of section %s", section->name, visit_state.current->name);
    }
#endif
    (void)section;
}

void section_note_enter(const struct section *section)
{
    visit_state.current = section;
}

void section_note_leave(const struct section *section)
{
#ifdef DOMAIN_DEBUG
    if (visit_state.current != section) {
        USER_PANIC("section %s is left by a thread that is not in it", section->name);
    }
#endif
    (void)section;
    visit_state.current = NULL;
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
    const bool nested = visit_state.refilling;
    errval_t err = SYS_ERR_OK;
    section->refilling = true;
    for (struct section *const *needed = section->needs; *needed && err_is_ok(err); needed++) {
        err = *needed == section ? SYS_ERR_OK : prepare(*needed, section);
    }
    if (err_is_ok(err)) {
        visit_state.refilling = true;
        err = section->refill();
        visit_state.refilling = nested;
    }
    section->refilling = false;
    return err;
}
