/**
 * What a client and a service promise each other, whatever the other does.
 */
#ifndef RPCTEST_H
#define RPCTEST_H

#include "../check.h"

#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <interfaces/echo.h>
#include <stdlib.h>
#include <string.h>

#define SERVER_RAM_BYTES 0x8000000UL
#define HELPER_RAM_BYTES 0x1000000UL
#define MILLISECOND_US   1000UL
#define A_WHILE_US       100000UL ///< Longer than anything takes that is waited for here.

extern uint32_t seed;   ///< From the command line.
extern bool over_ump;   ///< Channels are of UMP, also on one core; from the command line.
extern int server_core; ///< Where servers are started, by the process server; -1: here, by init.

/// A number below `limit`, from a sequence of the caller's own.
static inline uint32_t below(uint32_t *random, uint32_t limit)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return (uint32_t)((uint64_t)*random * limit >> 32);
}

/// An error value with another one at any level.
bool has_error(errval_t err, errval_t expected);

/* Domains of the test's own. domains.c */

/// Starts a domain `echo` that offers `service`. \return its process id
uint32_t server_start(const char *service);

/// Starts this program in another role. \param arguments behind its name
uint32_t helper_start(const char *arguments);

void domain_kill(uint32_t pid);

/// Waits for the end of a domain and takes it back. \return its exit status, or -1 if it faulted
int domain_wait(uint32_t pid);

/// Has init check the kernel.
void check_kernel(void);

/// RAM that init has while nothing is under way.
uint64_t free_memory(void);

/// Slots of its CSpace that it uses then.
uint64_t used_slots(void);

/// A channel to a service; it waits until there is one.
struct rpc_client *connect_to(const char *service);

/// The steady client of a service: it has right answers, whatever others do.
void check_service(struct rpc_client *client, uint64_t value);

/// Has the service cut a client off? misbehave.c
bool is_cut(struct rpc_client *client);

/// What a client has sent, number so-and-so of its kind, must have cost it its session, and the other one
/// nothing. Closes the client's channel.
void check_cost(struct rpc_client *client, struct rpc_client *other, unsigned number);

/* The tests. */

/// Every shape of message, once, with lengths at every boundary. shapes.c
void test_shapes(void);
/// The longest messages there are.
void test_longest(void);
/// Random messages from several threads. many.c
void test_threads(void);
void test_deferred(void);
void test_deadlines(void);
/// Calls in circles. circles.c
void test_circles(void);
/// Services that end. ends.c
void test_ends(void);
/// Clients that do what they must not. misbehave.c
void test_misbehaviour(void);
void misbehave_over_ump(struct rpc_client *steady);

/// Does that for ever, in a domain of its own.
_Noreturn void flood(const char *service);
/// Makes calls that are under way when it ends.
_Noreturn void die_calling(const char *service);

#endif
