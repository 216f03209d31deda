/**
 * The dispatcher that the program runs on (document D, 1.2).
 */
#ifndef AOS_DISPATCH_H
#define AOS_DISPATCH_H

#include <abi/dispatcher.h>
#include <abi/errno.h>
#include <aos/arguments.h>

/// The part of the current dispatcher that it shares with the kernel. The kernel keeps its address in a
/// read-only register.
static inline struct dispatcher_shared *curdispatcher(void)
{
    uintptr_t address;
    __asm__("mrs %0, tpidrro_el0" : "=r"(address));
    return (struct dispatcher_shared *)address;
}

/// Name of the domain, as its parent gave it.
const char *disp_name(void);

/// Number of the dispatcher in trace events.
uint32_t disp_get_number(void);

/// The core that the dispatcher runs on.
coreid_t disp_get_core_id(void);

/// Size of the dispatcher frame, which begins at curdispatcher().
size_t disp_frame_bytes(void);

/// What the parent passed, or NULL in init.
const struct domain_arguments *domain_arguments(void);

/// The process id that the parent gave; 1 in init.
domainid_t disp_get_domain_id(void);

#define DISABLED_STACK_BYTES 1024 ///< That a disabled section uses at most.

/// Makes sure that the stack will do for a while, so that it need not grow in a section that must not fault.
static inline void disp_touch_stack(void)
{
#ifdef __aarch64__
    uintptr_t lowest;
    __asm__ volatile("sub %0, sp, %1\n\tldrb wzr, [%0]"
                     : "=r"(lowest)
                     : "I"(DISABLED_STACK_BYTES)
                     : "memory");
#endif
}

/**
 * Enters a disabled section: until disp_enable() no other thread of the dispatcher runs, so that a few words
 * can be changed at once. Sections are a handful of instructions, do not nest, and neither block, nor call
 * the C library, nor touch memory that may not be mapped: a fault in one ends the dispatcher. Other
 * dispatchers go on as usual.
 */
static inline struct dispatcher_shared *disp_disable(void)
{
    struct dispatcher_shared *disp = curdispatcher();
    disp_touch_stack();
    *(volatile uint32_t *)&disp->disabled = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return disp;
}

/// disp_disable() for a section that uses an object of a program, which may stand in memory that comes when
/// it is touched. The object is no larger than a page.
static inline struct dispatcher_shared *disp_disable_for(const void *object, size_t bytes)
{
    const volatile char *first = object;
    (void)first[0];
    (void)first[bytes - 1];
    return disp_disable();
}

/// Leaves a disabled section. \param disp what disp_disable() returned
static inline void disp_enable(struct dispatcher_shared *disp)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *(volatile uint32_t *)&disp->disabled = 0;
}

#endif
