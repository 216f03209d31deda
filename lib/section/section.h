/**
 * Sections: what the threads of a domain use one at a time, named by what is protected.
 *
 * RAM, capability slots and the address space each need the others to refill what they live on (nodes, slots,
 * page tables). So no operation asks for anything while it is in a section: what it may need at most is there
 * before it enters, and that is the rule of document B, 4.2.2: inside a section no further resource is ever
 * needed. Refilling happens outside, and lives on reserves that only refilling may touch:
 *
 *  - entering from outside needs what one operation takes beyond the reserve; if that is not there, refill()
 *    is called, outside of the section;
 *  - entering in the middle of a refill (of any section) is content with the reserve, and never refills;
 *  - so a reserve holds what one refill of each section takes, and a refill begins when the reserves that it
 * lives on are full. RAM and slots live on each other: they refill one after the other, and are content with
 * what one refill of each takes (SECTION_NEED_BASE).
 *
 * Nobody who is in a section enters another, faults, or blocks. Who refills holds the lock of a group of
 * sections: that of the address space before that of RAM and slots. Hence no circle of waiting, whatever the
 * scheme. A debug build ends the domain where the rule is broken.
 *
 * Which locks stand behind sections is the axis `lock`: lib/section/scheme/<value>.c defines what is below.
 */
#ifndef LIB_SECTION_SECTION_H
#define LIB_SECTION_SECTION_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/spin.h>
#include <aos/sync.h>

/// What must be there to enter.
enum section_need {
    SECTION_NEED_ONE,     ///< For one operation: in the middle of a refill.
    SECTION_NEED_BASE,    ///< For one refill of each section in the group of RAM and slots.
    SECTION_NEED_RESERVE, ///< For one operation beyond the reserve.
};

/// Sections that one thread refills at a time.
struct section_group {
    struct thread_mutex mutex; ///< Of the scheme; not every one uses it.
};

struct section {
    const char *name;
    /// True if so much is there. Called inside the section.
    bool (*ready)(enum section_need need);
    /**
     * Gets more, outside of the section; enters it, and others, on its own. By one thread at a time.
     *
     * \return why there is no more; ready() may be true all the same
     */
    errval_t (*refill)(void);
    struct section *const *needs; ///< Those that refill() enters; ends with NULL.
    struct section_group *group;
    bool refilling;        ///< Changed by who may refill the group.
    struct spin_lock lock; ///< Of the scheme; not every one uses it.
};

/// RAM and capability slots, which refill each other, and everything else.
extern struct section ram_section, slot_section;
extern struct section_group base_group;

/// What a thread needs to be in a section; on its stack.
struct section_visit {
    struct spin_node node;
};

/**
 * Enters with all that one operation needs. May wait for other threads, and refill, which costs some thousand
 * instructions now and then.
 *
 * \return SYS_ERR_OK, or why the resources are not there; then the caller is outside
 */
static inline errval_t section_enter(struct section *section, struct section_visit *visit);

/// Enters whatever is there: for operations that give something back. Refills first if it can.
void section_enter_to_free(struct section *section, struct section_visit *visit);

void section_leave(struct section *section, struct section_visit *visit);

/// Refills once more, although ready() may be true: for an operation that found what is there not fit for it.
errval_t section_refill(struct section *section);

/**
 * What RAM is refilled with can come from outside of the domain. A thread that enters from outside, and holds
 * no lock of this library yet, brings more when the flag is set, and when it had no success for want of
 * memory. section_supply() returns true if trying again may help; NULL: there is nothing to be had.
 */
extern volatile bool section_is_low;
extern bool (*section_supply)(bool failed);

/* Of the scheme. */
errval_t scheme_enter(struct section *section, struct section_visit *visit);
errval_t scheme_refill(struct section *section);

/* The unusual ways of section_enter(). */
void section_supply_first(void);
errval_t section_enter_again(struct section *section, struct section_visit *visit, errval_t err);

static inline errval_t section_enter(struct section *section, struct section_visit *visit)
{
    if (__builtin_expect(section_is_low, 0)) {
        section_supply_first();
    }
    errval_t err = scheme_enter(section, visit);
    return __builtin_expect(err_is_ok(err), 1) ? err : section_enter_again(section, visit, err);
}

/// Of the calling thread.
extern _Thread_local struct section_state {
    const struct section *current;
    bool refilling;
} section_state;

/// True in a thread that is in the middle of a refill.
static inline bool section_refilling(void)
{
    return section_state.refilling;
}

/// The section that the calling thread is in, or NULL.
static inline const struct section *section_current(void)
{
    return section_state.current;
}

#endif
