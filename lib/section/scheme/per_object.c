/**
 * A lock for each section, and one for the refilling of each group.
 *
 * Order: the mutex of the address space's group, that of the group of RAM and slots, then the lock of any one
 * section. A thread that holds a section's lock waits for nothing.
 */
#include <section/local_lock.h>

void section_leave(struct section *section, struct section_visit *visit)
{
    local_leave(section, visit);
}

bool section_has(struct section *section, enum section_need need)
{
    return local_has(section, need);
}

/// Becomes the only one who refills the section's group, and those that the refill lives on: a reserve is for
/// one refill of each section, and another thread could need several of RAM and slots in the meantime.
static void lock_groups(struct section *section)
{
    thread_mutex_lock_nested(&section->group->mutex);
    for (struct section *const *needed = section->needs; *needed; needed++) {
        thread_mutex_lock_nested(&(*needed)->group->mutex);
    }
}

static void unlock_groups(struct section *section)
{
    for (struct section *const *needed = section->needs; *needed; needed++) {
        thread_mutex_unlock_nested(&(*needed)->group->mutex);
    }
    thread_mutex_unlock_nested(&section->group->mutex);
}

errval_t section_refill_alone(struct section *section)
{
    lock_groups(section);
    errval_t err = section_run_refill(section);
    unlock_groups(section);
    return err;
}

/// Refills, unless another thread has done it while this one waited for its turn.
static errval_t refill(struct section *section)
{
    errval_t err = SYS_ERR_OK;
    lock_groups(section);
    if (!section_has(section, SECTION_NEED_RESERVE)) {
        err = section_run_refill(section);
    }
    unlock_groups(section);
    return err;
}

errval_t scheme_enter(struct section *section, struct section_visit *visit)
{
    section_note_coming(section);
    section_touch_stack();
    for (;;) {
        local_enter(section, visit);
        if (section->ready(section_need())) {
            return SYS_ERR_OK;
        }
        section_leave(section, visit);
        if (section_refilling()) {
            return LIB_ERR_RESERVE;
        }
        // What this thread brings others may take before it comes back: then it brings more.
        errval_t err = refill(section);
        if (err_is_fail(err)) {
            return err;
        }
    }
}

void section_enter_to_free(struct section *section, struct section_visit *visit)
{
    section_note_coming(section);
    section_touch_stack();
    local_enter(section, visit);
    if (!section_refilling() && !section->ready(SECTION_NEED_RESERVE)) {
        section_leave(section, visit);
        (void)refill(section); // What is freed may be what is missing.
        local_enter(section, visit);
    }
}

errval_t scheme_refill(struct section *section)
{
    section_note_coming(section);
    section_touch_stack();
    return section_refill_alone(section);
}
