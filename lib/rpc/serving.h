/**
 * The threads that serve, for the calls that they make themselves.
 *
 * One thread takes messages and runs handlers; who holds the baton. A handler that calls passes the baton on,
 * and takes it back before it goes on: handlers are interrupted by each other in their own calls only.
 */
#ifndef LIB_RPC_SERVING_H
#define LIB_RPC_SERVING_H

#include <abi/errno.h>
#include <aos/rpc_server.h>
#include <rpc/wire.h>

/// The calling thread is going to wait for another domain: if it serves, another thread serves meanwhile.
/// \return SYS_ERR_OK, or RPC_ERR_DEPTH if none would be left; then the thread must not wait
errval_t serving_pause(void);

/// The wait is over.
void serving_resume(void);

/**
 * Takes over a reply, to send it and wait for the next message in one system call. Only for the session whose
 * message is handled, while this is the domain's only thread. Bytes that the kernel copies stay until then:
 * they are in the service's own memory, in what serving_free() is told of, or in the area for those of the
 * call, to which only that client can send.
 *
 * \param reply what it gives is no longer the caller's business; NULL if it gives nothing
 * \return false if it is to be sent at once
 */
bool serving_send_later(struct rpc_session *session, const struct rpc_wire *wire, struct rpc_message *reply);

/// free(), when a reply that was taken over has been sent, or at once if there is none.
void serving_free(void *memory);

/// The session is gone, and a reply to it that was not sent.
void serving_forget(const struct rpc_session *session);

/// Lets others look whether what they wait for is there. \return true if it is still this thread's turn
bool serving_goes_on(void);

/// Handles a message of one core, and answers it.
void serving_handle(struct lmp_message *m);

/// Takes the baton and gives it back, in any thread; a thread that has it may take it again.
void serving_take(void);
void serving_leave(void);

#endif
