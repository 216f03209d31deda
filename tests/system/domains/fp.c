/**
 * Floating point and SIMD registers are a dispatcher's own: several instances of this domain fill all of them
 * with values of their own, let the others run, by yielding and by being interrupted, and look whether
 * everything is still there.
 *
 * Arguments: calls=N rounds (0: a default), instance=K makes the values.
 */
#include "check.h"

#include <aos/aos.h>
#include <rt/syscall.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ROUNDS 300
#define VECTORS        32
#define SPIN           20000
#define FPCR_BITS      0x00c00000UL ///< The rounding mode.
#define FPSR_BITS      0x0000001fUL ///< Exceptions that have happened.

// clang-format off
#define NUMBERS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

/// One instruction for each vector register.
#define ALL_VECTORS(operation, base)                      \
    ".irp n, " NUMBERS "\n\t"                             \
    operation " q\\n, [%" base ", #(\\n * 16)]\n\t"       \
    ".endr\n\t"
// clang-format on

/// Everything that must survive.
struct state {
    _Alignas(16) uint64_t v[2 * VECTORS];
    uint64_t fpcr;
    uint64_t fpsr;
};

/// Loads the registers, spins, yields if `yields`, spins again, and stores them. No C in between, which might
/// use them.
static void hold(const struct state *in, struct state *out, uint64_t spins, uint64_t yields)
{
    register const struct state *from __asm__("x19") = in;
    register struct state *to __asm__("x20") = out;
    register uint64_t count __asm__("x21") = spins;
    register uint64_t give_up __asm__("x22") = yields;
    __asm__ volatile(ALL_VECTORS("ldr", "0") "ldr x1, [%0, #512]\n\t"
                                             "ldr x2, [%0, #520]\n\t"
                                             "msr fpcr, x1\n\t"
                                             "msr fpsr, x2\n\t"
                                             "mov x3, %2\n"
                                             "1: subs x3, x3, #1\n\t"
                                             "b.hi 1b\n\t"
                                             "cbz %3, 2f\n\t"
                                             "mov x0, %4\n\t"
                                             "mov x1, xzr\n\t"
                                             "svc #0\n"
                                             "2: mov x3, %2\n"
                                             "3: subs x3, x3, #1\n\t"
                                             "b.hi 3b\n\t" ALL_VECTORS("str", "1") "mrs x1, fpcr\n\t"
                                                                                   "mrs x2, fpsr\n\t"
                                                                                   "str x1, [%1, #512]\n\t"
                                                                                   "str x2, [%1, #520]\n\t"
                                                                                   "msr fpcr, xzr\n\t"
                     : "+r"(from), "+r"(to), "+r"(count), "+r"(give_up)
                     : "i"(SYS_YIELD)
                     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", "x18", "cc", "memory", "v0", "v1", "v2", "v3", "v4", "v5",
                       "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18",
                       "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
                       "v31");
}

static unsigned long argument(int argc, char *argv[], const char *name, unsigned long otherwise)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, strlen(name)) == 0) {
            return strtoul(argv[i] + strlen(name), NULL, 10);
        }
    }
    return otherwise;
}

static void fill(struct state *state, uint64_t instance, uint64_t round)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(state->v); i++) {
        state->v[i] = (instance + 1) << 56 | round << 16 | i;
    }
    state->fpcr = (instance + round) << 22 & FPCR_BITS;
    state->fpsr = (instance * 7 + round) & FPSR_BITS;
}

int main(int argc, char *argv[])
{
    static struct state in, out;
    const uint64_t instance = argument(argc, argv, "instance=", 0);
    unsigned long rounds = argument(argc, argv, "calls=", 0);
    rounds = rounds != 0 ? rounds : DEFAULT_ROUNDS;
    for (uint64_t round = 0; round < rounds; round++) {
        fill(&in, instance, round);
        // Rounds with no use of FP in between let the others own the registers for longer.
        hold(&in, &out, round % 3 == 0 ? SPIN : 10, round % 2);
        CHECK(memcmp(in.v, out.v, sizeof(in.v)) == 0);
        CHECK((out.fpcr & FPCR_BITS) == in.fpcr);
        CHECK((out.fpsr & FPSR_BITS) == in.fpsr);
    }
    return EXIT_SUCCESS;
}
