/**
 * One lock for all sections and their refilling. It nests, since refilling enters sections.
 */
#include <section/scheme.h>

static struct thread_mutex mutex;

void section_leave(struct section *section, struct section_visit *visit)
{
    (void)visit;
    section_note_leave(section);
    thread_mutex_unlock_nested(&mutex);
}

/// Called by who has the lock, for all the others do not change anything.
bool section_has(struct section *section, enum section_need need)
{
    return section->ready(need);
}

errval_t section_refill_alone(struct section *section)
{
    thread_mutex_lock_nested(&mutex);
    errval_t err = section_run_refill(section);
    thread_mutex_unlock_nested(&mutex);
    return err;
}

/// With the lock held.
static errval_t make_ready(struct section *section)
{
    while (!section->ready(section_need())) {
        errval_t err = section_refilling() ? LIB_ERR_RESERVE : section_run_refill(section);
        if (err_is_fail(err)) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t scheme_enter(struct section *section, struct section_visit *visit)
{
    (void)visit;
    section_note_coming(section);
    section_touch_stack();
    thread_mutex_lock_nested(&mutex);
    errval_t err = make_ready(section);
    if (err_is_ok(err)) {
        section_note_enter(section);
    } else {
        thread_mutex_unlock_nested(&mutex);
    }
    return err;
}

void section_enter_to_free(struct section *section, struct section_visit *visit)
{
    (void)visit;
    section_note_coming(section);
    section_touch_stack();
    thread_mutex_lock_nested(&mutex);
    (void)make_ready(section); // What is freed may be what is missing.
    section_note_enter(section);
}

errval_t scheme_refill(struct section *section)
{
    section_note_coming(section);
    section_touch_stack();
    return section_refill_alone(section);
}
