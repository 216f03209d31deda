/**
 * Parts of the test of names. Each is run by `how=<its name>`, alone in its machine.
 */
#ifndef NAMETEST_PARTS_H
#define NAMETEST_PARTS_H

#include "../check.h"

#include <aos/aos.h>
#include <aos/names.h>
#include <aos/nameservice.h>
#include <aos/process.h>
#include <stdint.h>

/// What the test was started with.
struct arguments {
    uint64_t seed;
    uint64_t calls;
    unsigned cores; ///< That the machine has.
};

void test_api(const struct arguments *arguments);
void test_limits(const struct arguments *arguments);
void test_ends(const struct arguments *arguments);
void test_circles(const struct arguments *arguments);
void test_restart(const struct arguments *arguments);
void test_storm(const struct arguments *arguments);
void test_cores(const struct arguments *arguments);

/// What processes of the test do: `role=<name>`, with a name to use, and one of somebody else's. Each ends
/// with its domain. \return the exit status
int play_role(const char *role, const char *own, const char *other, uint64_t seed);

/// Registers a service that passes numbers on to another one.
void register_relay(const char *own, const char *other);

/// Sends a number to a relay, which is passed on until it is 0.
void expect_the_end(const char *name, uint32_t number);

/// Starts a process of this program in a role. \return its number
domainid_t start_role(const char *role, const char *own, const char *other, uint64_t seed);

/// The same on another core.
domainid_t start_role_on(coreid_t core, const char *role, const char *own, const char *other, uint64_t seed);

/// Waits for its end, which must be `exit 0`.
void expect_exit(domainid_t pid);

/// Waits until there is no such name, for a second at most.
void expect_no_name(const char *name);

/// So long a part waits for what must come, in microseconds: far more than it takes.
#define LONG_US 5000000UL

/// LONG_US from now.
uint64_t in_a_while(void);

/// Ends the name server as a fault in it would.
errval_t test_restart_names(void);

/// What the name server holds now.
struct holding {
    uint64_t names, waits, watches, sessions;
    int64_t ram_bytes;
};

struct holding take_holding(void);

/// Waits until it holds that again, but for its memory. Domains that have ended may still be cleared away.
void expect_holding(const struct holding *before);

/// Ends the domain by a fault, at FAULT_ADDRESS.
_Noreturn void fault(void);
#define FAULT_ADDRESS 8UL

/// Stays until it is ended.
_Noreturn void stay_for_ever(void);

/// The handler of services of bytes: answers with "<st>: <message>", both strings.
void answer_greeting(void *st, void *message, size_t bytes, void **response, size_t *response_bytes,
                     struct capref rx_cap, struct capref *tx_cap);

/// Says something to a service with that handler, and checks that `st` answers.
void expect_greeting(nameservice_chan_t chan, const char *st);

#endif
