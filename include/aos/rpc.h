/**
 * Remote procedure calls, the client's side (document C, 4.4).
 *
 * An interface file (interfaces/NAME.rpc) declares what a service can be asked; a function for each message
 * is generated from it (<interfaces/NAME.h>). Each function takes a struct rpc_client, the channel to the
 * service, and returns an errval_t: that of the service, or RPC_ERR_*.
 *
 * Any number of threads may call over one channel at once; each gets its own reply. A thread that calls
 * waits, the others run. A call ends with an error when the service ends (RPC_ERR_PEER_GONE), or when its
 * deadline comes first (RPC_ERR_DEADLINE).
 */
#ifndef AOS_RPC_H
#define AOS_RPC_H

#include <aos/clock.h>
#include <aos/lmp_chan.h>
#include <aos/rpc_message.h>
#include <aos/sync.h>
#include <trace/trace.h>

/// What the generator says of an interface.
struct rpc_interface {
    const char *name;
    uint32_t number; ///< Among the interfaces of this build; in trace events.
    uint32_t hash;   ///< Of its declaration: both sides must agree.
    unsigned method_count;
    bool has_bytes; ///< Some call has strings or byte arrays; those of one-way messages are in registers.
};

struct rpc_session;
struct rpc_waiter;
struct rpc_transport;
struct rpc_link;

/// A channel to a service.
struct rpc_client {
    struct lmp_chan chan;
    const struct rpc_link *link; ///< How messages move: lib/rpc/link.h.
    uint32_t last_id;
    bool gone;                  ///< The service has ended, or cut us off.
    bool reading;               ///< One of the waiting threads reads the ring.
    struct thread_mutex mutex;  ///< For all that follows but the transport.
    struct thread_cond room;    ///< Told when one of the next two has grown.
    unsigned calls_left;        ///< Calls that may still be under way, so that the ring holds every reply.
    unsigned caps_left;         ///< Receive slots that are not meant for a call that is under way.
    struct rpc_waiter *waiters; ///< Calls that wait for a reply.
    struct rpc_abandoned *given_up;  ///< Calls whose reply nobody waits for any more.
    struct thread_mutex bytes_mutex; ///< Who holds it may use the room for bytes.
    struct rpc_transport *transport; ///< lib/rpc/transport.
    struct rpc_ump *ump;             ///< The channel, if it is one of UMP; else `chan` is it.
    bool has_transport;              ///< It was opened, when there were bytes to send for the first time.
};

/// Of the calling thread.
extern _Thread_local struct rpc_thread {
    bool is_server;              ///< It runs rpc_serve().
    bool takes;                  ///< It is the one of them that takes messages.
    struct rpc_session *session; ///< Whose handler it runs, while it waits for a call of its own,
    uint64_t header;             ///< and the header of the call that is handled.
    bool has_deadline;
    uint64_t deadline_us; ///< When its calls end with RPC_ERR_DEADLINE, if it has one.
} rpc_thread;

/**
 * Until when calls of the calling thread may take.
 *
 * \param deadline_us as in thread_sleep_until(); CLOCK_NEVER: for ever
 * \return what was in force before
 */
uint64_t rpc_set_deadline(uint64_t deadline_us);

/**
 * Opens a channel to a service, by its name. Waits while there is no such service but init expects one, and
 * while it is being started again.
 *
 * \return SYS_ERR_OK; RPC_ERR_NO_SERVICE; RPC_ERR_INTERFACE if the service speaks another one; or why there
 * is no room for a channel
 */
errval_t rpc_connect(const char *service, const struct rpc_interface *interface, struct rpc_client **ret);

/**
 * The same for the service of that name on one core, which may be this one.
 *
 * \return also MON_ERR_NO_CORE
 */
errval_t rpc_connect_at(coreid_t core, const char *service, const struct rpc_interface *interface,
                        struct rpc_client **ret);

/// The same, but the channel is one of UMP on every core: for tests, and to compare. MONITOR_ANY_CORE: the
/// core that has the service
errval_t rpc_connect_ump(uint32_t core, const char *service, const struct rpc_interface *interface,
                         struct rpc_client **ret);

/// The channel to init, which is opened at its first use.
errval_t rpc_init_channel(struct rpc_client **ret);

/// Makes what that channel needs of the heap, so that opening it, and calls on it without bytes, need none.
errval_t rpc_prepare_init_channel(void);

/// Makes a channel out of an endpoint of the other side's, which then waits for RPC_OPEN.
errval_t rpc_client_open(struct rpc_client *client, const struct rpc_interface *interface,
                         struct capref endpoint);

/// The same for a channel of rpc_client_prepare(), with what that has set.
errval_t rpc_client_open_prepared(struct rpc_client *client, struct capref endpoint, struct capref linked);

/// Makes a channel whose other side's endpoint is not known yet: rpc_client_set_remote() tells.
/// \param linked set to an endpoint for the other side to answer to, in a slot of the caller's: to be given
/// away
errval_t rpc_client_prepare(struct rpc_client *client, const struct rpc_interface *interface,
                            struct capref *linked);
void rpc_client_set_remote(struct rpc_client *client, struct capref remote);

/// Makes a channel for messages without replies alone, with no end to receive on: only rpc_send() is
/// possible. The capability stays the caller's, who deletes it in the end.
void rpc_client_send_only(struct rpc_client *client, struct capref remote);

/// Closes a channel. No other thread may use it.
void rpc_client_close(struct rpc_client *client);

/// Closes and frees a channel of rpc_connect(). NULL is fine.
void rpc_disconnect(struct rpc_client *client);

/* For generated stubs. */

/**
 * A call whose arguments and results are numbers only, out of line: several threads, a deadline, or anything
 * that did not go straight.
 *
 * \param sent NULL if it was not sent; else what came back when it was: another thread's reply, or a late
 * one, or nothing
 */
struct lmp_message rpc_call_registers_slowly(struct rpc_client *client, uint64_t header, unsigned words,
                                             const uint64_t *word, const struct lmp_message *sent);

/// True if the calling thread can wait for its reply in the kernel, and nothing else will come.
static inline bool rpc_is_plain(void);

/**
 * Calls with up to seven words in registers.
 *
 * \param number interface << 8 | method
 * \param words  behind the header; a constant. Those beyond must be 0
 * \return `err`: that of the transport. w1 is the service's, and w2 to w7 are its results, if that is
 * SYS_ERR_OK: rpc_result() checks
 */
static inline __attribute__((always_inline)) struct lmp_message rpc_call_registers(
    struct rpc_client *client, unsigned number, unsigned words, uint64_t w1, uint64_t w2, uint64_t w3,
    uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7);

/// What a call returns: its error, RPC_ERR_PROTOCOL if the reply has not `results` words, or SYS_ERR_OK.
static inline __attribute__((always_inline)) errval_t rpc_result(const struct lmp_message *reply,
                                                                 unsigned results);

/**
 * Calls with anything.
 *
 * \param call      capabilities that are given are gone from this CSpace when this returns, also if it fails
 * \param may_bytes the reply may bring bytes
 * \param caps      capabilities that the reply brings at most
 * \param reply     to be released by the caller if SYS_ERR_OK is returned
 * \return the error of the transport, or the service's
 */
errval_t rpc_call(struct rpc_client *client, unsigned number, struct rpc_message *call, bool may_bytes,
                  unsigned caps, struct rpc_message *reply);

/// Sends a message that has no reply. Does not wait for the receiver. Capabilities that are given leave if it
/// was sent. \return RPC_ERR_BUSY if the receiver's ring is full
errval_t rpc_send(struct rpc_client *client, unsigned number, struct rpc_message *message);

#include <rpc/call_inline.h>

#endif
