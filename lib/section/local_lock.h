/**
 * The lock of one section, for the schemes that have one for each: held for some hundred instructions, in
 * which its holder waits for nothing.
 */
#ifndef LIB_SECTION_LOCAL_LOCK_H
#define LIB_SECTION_LOCAL_LOCK_H

#include <section/scheme.h>

static inline void local_enter(struct section *section, struct section_visit *visit)
{
    spin_acquire(&section->lock, &visit->node);
    section_note_enter(section);
}

static inline void local_leave(struct section *section, struct section_visit *visit)
{
    section_note_leave(section);
    spin_release(&section->lock, &visit->node);
}

/// section_has() by who is in no section.
static inline bool local_has(struct section *section, enum section_need need)
{
    struct section_visit visit;
    local_enter(section, &visit);
    bool has = section->ready(need);
    local_leave(section, &visit);
    return has;
}

#endif
