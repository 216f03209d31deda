/**
 * The test of cores (mode=test test=cores): init on the first core tries what cores can do, before there is a
 * monitor anywhere, and init on each other core does what it is told in a frame that all share.
 */
#ifndef INIT_CORE_TEST_H
#define INIT_CORE_TEST_H

#include "command_line.h"
#include "ump_test.h"

#include <abi/syscall.h>
#include <abi/types.h>
#include <aos/caddr.h>
#include <stdatomic.h>

#define CORE_TEST_TEXT 64

/// What one core and the first one tell each other. Each word has one writer at a time.
struct core_test_line {
    _Atomic uint32_t
        command;             ///< CORE_TEST_*, by the first core; CORE_TEST_DONE by the other when it is done.
    _Atomic uint32_t waits;  ///< The core looks no more before it is woken.
    _Atomic uint32_t tokens; ///< That are here and have not been passed on.
    uint32_t passed;         ///< Tokens that this core has passed on.
    _Atomic uint32_t ticks;  ///< Counted up by a second thread while the core parks.
    uint64_t value;          ///< What a command gives.
    char text[CORE_TEST_TEXT];
} __attribute__((aligned(128)));

#define CORE_TEST_DONE         0 ///< Nothing to do. Before the first command: the core has come.
#define CORE_TEST_NONE         1 ///< The core has not come.
#define CORE_TEST_PARK         2 ///< Stop, with something in every register that could get lost.
#define CORE_TEST_PASS         3 ///< Pass tokens on until there are none.
#define CORE_TEST_PASS_QUIETLY 4 ///< The same, waking only a core that says that it waits.
#define CORE_TEST_CREATE       5 ///< Make capabilities for what the first core names.
#define CORE_TEST_UMP          6 ///< Exchange messages with the first core.

struct core_test {
    uint32_t cores;
    uint32_t seed;
    _Atomic uint32_t hops; ///< That are left, over all tokens.
    uint32_t reserved;
    struct core_test_line lines[CORES_MAX];
    struct ump_test ump;
    uint8_t ump_memory[UMP_TEST_BYTES] __attribute__((aligned(64))); ///< Zeroed before each test.
};

/// Says that something on a core failed. \return false
bool core_test_failed(const char *what, coreid_t core, errval_t err);

/// `err` is as expected, or it is said that it is not.
bool core_test_expect(const char *what, coreid_t core, errval_t err, errval_t expected);

/// What must fail does, with the machine's other cores off. \param shared a Frame
bool core_test_misuse(const struct core_test *test, struct capref shared);

/// On the first core. \return how many checks failed
unsigned core_test_run(const struct command_line *line);

/// On any other. Does not return.
_Noreturn void core_agent_run(void);

/// Passes tokens on until none is left anywhere; on all cores. \param quietly wakes only a core that waits
void core_test_pass(struct core_test *test, coreid_t self, bool quietly);

/// The next of a row of numbers.
uint32_t core_test_random(uint64_t *state);

/// Waits in the kernel until the core is woken, or was since the call before.
void core_test_wait(void);

#endif
