/**
 * Remote procedure calls, the server's side.
 *
 * A service is an interface with a function for each message (struct NAME_operations, generated from
 * interfaces/NAME.rpc into <interfaces/NAME_server.h>). Each client has a session of its own, with an
 * endpoint that only it can send to: who the client is follows from the session, and a client that sends
 * garbage, sends too much, or does not take its replies loses its session and nothing else happens.
 *
 * A handler runs in the thread that took the message. It may return RPC_LATER and answer when it likes. It
 * may call other services: while it waits another thread goes on serving, so that calls may go in circles. A
 * domain has RPC_SERVER_THREADS threads for that; the call that would leave none returns RPC_ERR_DEPTH.
 */
#ifndef AOS_RPC_SERVER_H
#define AOS_RPC_SERVER_H

#include <aos/rpc.h>

#define RPC_SERVER_THREADS 16

struct rpc_session;
struct rpc_call;

/// A string, byte array or array that a handler answers with.
struct rpc_bytes {
    const void *data; ///< Must stay until the handler has returned.
    size_t bytes;     ///< A string's with its 0.
    bool owned;       ///< free() is called on it when it has been sent.
};

/// The generated side of a message. One of the two functions is set.
struct rpc_method {
    /**
     * For messages whose arguments and results are numbers that fit into registers.
     *
     * \param m on entry the call, from w1 on; on return the reply, from w1, the error value, on
     * \return words of the reply, with header and error; 0 if there is none now
     */
    unsigned (*registers)(struct rpc_session *session, struct lmp_message *m);
    /// For all others. \return the service's error, or RPC_LATER; RPC_MALFORMED if `call` is not as declared:
    /// then its capabilities were not touched
    errval_t (*general)(struct rpc_session *session, struct rpc_message *call, struct rpc_message *reply);
    uint32_t
        form;     ///< For `registers`: number of words of the call, with the header, and no flag. Else never.
    uint8_t caps; ///< Capabilities that the call may bring.
    bool is_oneway;
} __attribute__((aligned(32)));

/* Flags and number of words of a message, in x0 of SYS_LMP: what is compared at once. */
#define RPC_FORM_SHIFT 8
#define RPC_FORM_MASK  0xfff

/// An entry for a call of so many arguments, all numbers.
#define RPC_METHOD_REGISTERS(function, arguments)                                                \
    {                                                                                            \
        .registers = (function), .form = ((arguments) + 1) << (LMP_COUNT_SHIFT - RPC_FORM_SHIFT) \
    }

/// An entry for any other message.
#define RPC_METHOD_GENERAL(function, cap_count, oneway)                                       \
    {                                                                                         \
        .general = (function), .form = UINT32_MAX, .caps = (cap_count), .is_oneway = (oneway) \
    }

/// The generated side of an interface.
struct rpc_skeleton {
    const struct rpc_interface *interface;
    const struct rpc_method *methods;
    unsigned caps; ///< Capabilities that any call may bring at most.
};

/// A service, as its author declares it.
struct rpc_service {
    const struct rpc_skeleton *skeleton;
    const void *operations; ///< struct NAME_operations
    /// A client came. `session->state` is the service's own. \return an error to refuse it; NULL: all may
    /// come
    errval_t (*opened)(struct rpc_session *session);
    /// Strings and arrays of one call, in bytes, for which memory is taken before the call is handled: more
    /// is answered with RPC_ERR_TOO_LONG. 0: RPC_MAX_BYTES
    size_t call_bytes_max;
    /// A client is gone, or was cut off: calls that were deferred are dropped. May be NULL.
    void (*closed)(struct rpc_session *session);
};

/// A client, as its service sees it.
struct rpc_session {
    const struct rpc_service *service;
    const void *operations; ///< The service's.
    struct lmp_chan chan;
    const struct rpc_link *link; ///< How messages move: lib/rpc/link.h.
    domainid_t pid;              ///< The client's domain, as init knows it.
    unsigned rights;             ///< MONITOR_RIGHT_* (interfaces/monitor.rpc), as init knows them.
    uint64_t quota; ///< What init says that it may use of the service; the service knows in what unit.
    void *state;    ///< The service's own.
    /* The library's own. */
    const struct rpc_method *methods;
    unsigned method_count;
    bool is_cut;
    unsigned handlers; ///< Its handlers that wait for something, and others who need it to stay.
    struct rpc_call *deferred;
    struct rpc_kept *kept; ///< Bytes that come or go in pieces.
    size_t kept_bytes;
    struct rpc_transport *transport;
    struct rpc_ump *ump; ///< The channel, if it is one of UMP; else `chan` is it.
};

/**
 * Offers a service to everybody, by name. init sends its clients to this domain.
 *
 * \return SYS_ERR_OK, or INIT_ERR_* if the name is taken or this domain may not
 */
errval_t rpc_export(const char *name, const struct rpc_service *service);

/**
 * Makes a session for a client that is known.
 *
 * \param remote the client's endpoint, which is the session's then; NULL_CAP: RPC_OPEN will bring it
 * \param linked set to the endpoint to give to the client, in a slot of the caller's
 */
errval_t rpc_session_create(const struct rpc_service *service, domainid_t pid, uint64_t quota,
                            struct capref remote, struct rpc_session **ret, struct capref *linked);

/// Ends a session: the client's calls return RPC_ERR_PEER_GONE. Safe in a handler of the session.
void rpc_session_cut(struct rpc_session *session);

/// Serves all sessions of this domain, and dispatches the events of the default waitset. Does not return.
_Noreturn void rpc_serve(void);

/// The same until `done` is true.
void rpc_serve_until(const volatile bool *done);

/**
 * From now on this domain serves, whatever its threads do: while none has called rpc_serve() a thread of the
 * library does it. So a thread may wait for a call that comes back to this domain. Handlers still run one at
 * a time.
 *
 * \return SYS_ERR_OK, or LIB_ERR_THREAD_CREATE
 */
errval_t rpc_serve_always(void);

/// In a handler that is going to return RPC_LATER: keeps what the answer needs. NULL if there is no memory,
/// or the client has more calls under way than it could take the answers of.
struct rpc_call *rpc_defer(struct rpc_session *session);

/// The session of a deferred call; NULL if the client is gone, or has given the call up.
struct rpc_session *rpc_call_session(const struct rpc_call *call);

/* For generated stubs. */

/// Answers a deferred call, which is freed. If the client is gone nothing is sent, and capabilities that
/// would have been given are deleted.
void rpc_answer(struct rpc_call *call, errval_t err, struct rpc_message *reply);

#endif
