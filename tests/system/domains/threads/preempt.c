/**
 * Threads that never give way are preempted, and find all their registers again: general, floating point and
 * SIMD.
 */
#include "threads.h"

#include <string.h>

#define WORKERS   3
#define VECTORS   32
#define FPCR_BITS 0x00c00000UL ///< The rounding mode.
#define FPSR_BITS 0x0000001fUL ///< Exceptions that have happened.

// clang-format off
#define NUMBERS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

/// One instruction for each vector register.
#define ALL_VECTORS(operation, base)                \
    ".irp n, " NUMBERS "\n\t"                       \
    operation " q\\n, [" base ", #(\\n * 16)]\n\t"  \
    ".endr\n\t"

#define ALL_FP "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", \
    "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"
#define CALLER_SAVED "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", \
    "x16", "x17", "x30", "cc", "memory"
// clang-format on

struct state {
    _Alignas(16) uint64_t v[2 * VECTORS];
    uint64_t fpcr;
    uint64_t fpsr;
};

static volatile uint64_t entered; ///< Changes when another thread has run.
static volatile bool stop;
static unsigned long rounds;

/// Loads all FP registers, spins until another thread has run, and stores them. No C in between.
static void hold_until_preempted(const struct state *in, struct state *out)
{
    register const struct state *from __asm__("x19") = in;
    register struct state *to __asm__("x20") = out;
    register volatile uint64_t *count __asm__("x21") = &entered;
    __asm__ volatile(ALL_VECTORS("ldr", "%0") "ldr x1, [%0, #512]\n\t"
                                              "ldr x2, [%0, #520]\n\t"
                                              "msr fpcr, x1\n\t"
                                              "msr fpsr, x2\n\t"
                                              "ldr x3, [%2]\n\t"
                                              "add x3, x3, #1\n\t"
                                              "str x3, [%2]\n\t"
                                              "1: ldr x4, [%2]\n\t"
                                              "cmp x4, x3\n\t"
                                              "b.eq 1b\n\t" ALL_VECTORS("str", "%1") "mrs x1, fpcr\n\t"
                                                                                     "mrs x2, fpsr\n\t"
                                                                                     "str x1, [%1, #512]\n\t"
                                                                                     "str x2, [%1, #520]\n\t"
                                                                                     "msr fpcr, xzr\n\t"
                     : "+r"(from), "+r"(to), "+r"(count)
                     :
                     : "x1", "x2", "x3", "x4", "cc", "memory", ALL_FP);
}

/// What the C calling convention keeps over a call is there behind a voluntary switch too.
static void hold_over_yield(const struct state *in, struct state *out)
{
    register const struct state *from __asm__("x19") = in;
    register struct state *to __asm__("x20") = out;
    __asm__ volatile("ldr x1, [%0, #512]\n\t"
                     "msr fpcr, x1\n\t"
                     ".irp n, 8,9,10,11,12,13,14,15\n\t"
                     "ldr d\\n, [%0, #(\\n * 16)]\n\t"
                     ".endr\n\t"
                     "bl thread_yield\n\t"
                     ".irp n, 8,9,10,11,12,13,14,15\n\t"
                     "str d\\n, [%1, #(\\n * 16)]\n\t"
                     ".endr\n\t"
                     "mrs x1, fpcr\n\t"
                     "str x1, [%1, #512]\n\t"
                     "msr fpcr, xzr\n\t"
                     : "+r"(from), "+r"(to)
                     :
                     : "x0", CALLER_SAVED, ALL_FP);
}

static void fill(struct state *state, uint64_t number, uint64_t round)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(state->v); i++) {
        state->v[i] = (number + 1) << 56 | round << 16 | i;
    }
    state->fpcr = (number + round) << 22 & FPCR_BITS;
    state->fpsr = (number * 7 + round) & FPSR_BITS;
}

static int hold(void *arg)
{
    uint64_t number = (uintptr_t)arg;
    struct state in, out;
    for (uint64_t round = 0; round < rounds; round++) {
        fill(&in, number, round);
        hold_until_preempted(&in, &out);
        CHECK(memcmp(in.v, out.v, sizeof(in.v)) == 0);
        CHECK(in.fpcr == out.fpcr && in.fpsr == out.fpsr);
        hold_over_yield(&in, &out);
        for (unsigned i = 8; i < 16; i++) {
            CHECK(in.v[2 * i] == out.v[2 * i]);
        }
        CHECK(in.fpcr == out.fpcr);
    }
    return (int)number;
}

/// Keeps the last worker from waiting alone, and overwrites everything.
static int disturb(void *arg)
{
    struct state junk;
    for (uint64_t round = 0; !stop; round++) {
        fill(&junk, 77, round);
        entered++;
        __asm__ volatile(ALL_VECTORS("ldr", "%0") "msr fpsr, %1\n\t"
                         :
                         : "r"(junk.v), "r"(round & FPSR_BITS)
                         : "memory", ALL_FP);
    }
    return (int)(uintptr_t)arg;
}

void test_preemption(unsigned long count)
{
    struct thread *disturber;
    rounds = count;
    CHECK_OK(thread_create(disturb, NULL, &disturber));
    run_threads(WORKERS, hold);
    stop = true;
    CHECK_OK(thread_join(disturber, NULL));
}
