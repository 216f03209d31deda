/**
 * What the capability system needs of the rest of the kernel, for the host tests.
 */
#ifndef TEST_FAKE_KERNEL_H
#define TEST_FAKE_KERNEL_H

#include <cap/cap.h>
#include <setjmp.h>

/// What the fakes were asked for since fake_kernel_reset.
struct fake_kernel {
    gensize_t zeroed_bytes;   ///< By all calls of memory_zero.
    gensize_t longest_zero;   ///< By one call.
    unsigned destroyed_count; ///< Calls of dispatcher_destroy.
    lpaddr_t destroyed;       ///< The last of them.
    unsigned lost_parts;      ///< Calls of dispatcher_lose_part.
    unsigned lost_endpoints;  ///< Calls of interrupt_lose_endpoint.
    unsigned lost_links;      ///< Calls of lmp_lose_link.
    uint32_t lost_ring;       ///< Ring of the last of them.
    lvaddr_t forgotten;       ///< What the last call of vnode_forget was for.
    size_t forgotten_count;
    gensize_t forgotten_span;
    unsigned forgot_all;        ///< Calls of vnode_forget_all.
    gensize_t dispatcher_frame; ///< What dispatcher_frame_bytes answers.
    char panic_text[256];
};

extern struct fake_kernel fake_kernel;

void fake_kernel_reset(void);

/// Everything anew: an arena at its usual place, the fakes, and so many empty slots.
struct cte *fake_kernel_start(size_t slots);

/// The page table entry that vnode_write writes for one entry.
uint64_t fake_pte(unsigned level, lpaddr_t target, bool leaf, bool device, uint64_t flags);

/// True if any of the entries is in use.
bool fake_vnode_in_use(lpaddr_t vnode, size_t entry, size_t count);

/// One entry of a page table in the arena.
uint64_t fake_read_pte(lpaddr_t vnode, size_t entry);

extern jmp_buf fake_panic_jump;
extern bool fake_panic_expected;

/// The statement panics.
#define assert_panics(statement)                       \
    do {                                               \
        fake_panic_expected = true;                    \
        if (setjmp(fake_panic_jump) == 0) {            \
            (void)(statement);                         \
            fake_panic_expected = false;               \
            fail_msg("%s does not panic", #statement); \
        }                                              \
    } while (0)

#endif
