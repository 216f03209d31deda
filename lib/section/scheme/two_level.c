/**
 * One refill lock for the domain, and a lock for each section (document B, 4.2).
 *
 * Whoever enters takes the refill lock, sees to it that the resources are there, takes the section's lock,
 * and gives the refill lock back: nobody can take the resources in between. Order: refill lock, then one
 * section's lock, in which nothing is waited for.
 */
#include <section/local_lock.h>

static struct thread_mutex refill_mutex;

void section_leave(struct section *section, struct section_visit *visit)
{
    local_leave(section, visit);
}

bool section_has(struct section *section, enum section_need need)
{
    return local_has(section, need);
}

errval_t section_refill_alone(struct section *section)
{
    thread_mutex_lock_nested(&refill_mutex);
    errval_t err = section_run_refill(section);
    thread_mutex_unlock_nested(&refill_mutex);
    return err;
}

/// \return true inside
static bool enter_if_ready(struct section *section, struct section_visit *visit)
{
    local_enter(section, visit);
    if (section->ready(section_need())) {
        return true;
    }
    section_leave(section, visit);
    return false;
}

/// With the refill lock held.
static errval_t enter_or_refill(struct section *section, struct section_visit *visit)
{
    while (!enter_if_ready(section, visit)) {
        errval_t err = section_run_refill(section);
        if (err_is_fail(err)) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t scheme_enter(struct section *section, struct section_visit *visit)
{
    section_note_coming(section);
    section_touch_stack();
    if (section_refilling()) {
        return enter_if_ready(section, visit) ? SYS_ERR_OK : LIB_ERR_RESERVE;
    }
    thread_mutex_lock(&refill_mutex);
    errval_t err = enter_or_refill(section, visit);
    thread_mutex_unlock(&refill_mutex);
    return err;
}

void section_enter_to_free(struct section *section, struct section_visit *visit)
{
    if (err_is_fail(scheme_enter(section, visit))) {
        local_enter(section, visit); // What is freed may be what is missing.
    }
}

errval_t scheme_refill(struct section *section)
{
    section_note_coming(section);
    section_touch_stack();
    return section_refill_alone(section);
}
