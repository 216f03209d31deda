/**
 * What the schemes share: which section a thread is in, and its refills. For lib/section.
 */
#ifndef LIB_SECTION_SCHEME_H
#define LIB_SECTION_SCHEME_H

#include <aos/debug.h>
#include <section/section.h>

/// Stack that a refill, the deepest thing that happens in or around a section, may need: about twice what has
/// been seen, and less than a page, so that touching its end touches all of it.
#define SECTION_STACK_BYTES 2048

/// The calling thread is going to enter or to refill, and has asked for no lock yet: if it is in a section
/// already it might wait for ever. Checks that in debug builds.
static inline void section_note_coming(const struct section *section)
{
#if CONFIG_DEBUG
    if (section_current()) {
        USER_PANIC("section %s is asked for inside of section %s", section->name, section_current()->name);
    }
#endif
    (void)section;
}

/// It comes in.
static inline void section_note_enter(const struct section *section)
{
    section_state.current = section;
}

/// It goes out.
static inline void section_note_leave(const struct section *section)
{
#if CONFIG_DEBUG
    if (section_current() != section) {
        USER_PANIC("section %s is left by a thread that is not in it", section->name);
    }
#endif
    (void)section;
    section_state.current = NULL;
}

/// Fills the reserves that a refill lives on, and calls refill() with those open to it. By whoever may refill
/// the group.
errval_t section_run_refill(struct section *section);

/// What must be there for the calling thread.
static inline enum section_need section_need(void)
{
    return section_refilling() ? SECTION_NEED_ONE : SECTION_NEED_RESERVE;
}

/* What a scheme defines beside section.h. */

/// True if so much is there. Outside of the section.
bool section_has(struct section *section, enum section_need need);

/// section_run_refill() as the one who may refill its group.
errval_t section_refill_alone(struct section *section);

/// Makes sure that the stack will do, so that it need not grow in a section or a refill. In the middle of a
/// refill that has been seen to.
static inline void section_touch_stack(void)
{
#ifdef __aarch64__
    uintptr_t lowest;
    if (section_refilling()) {
        return;
    }
    __asm__ volatile("sub %0, sp, %1\n\tldrb wzr, [%0]" : "=r"(lowest) : "I"(SECTION_STACK_BYTES) : "memory");
#endif
}

#endif
