/**
 * The threads that serve, for the calls that they make themselves.
 *
 * One thread takes messages and runs handlers; who holds the baton. A handler that calls passes the baton on,
 * and takes it back before it goes on: handlers are interrupted by each other in their own calls only.
 */
#ifndef LIB_RPC_SERVING_H
#define LIB_RPC_SERVING_H

#include <abi/errno.h>

/// The calling thread is going to wait for another domain: if it serves, another thread serves meanwhile.
/// \return SYS_ERR_OK, or RPC_ERR_DEPTH if none would be left; then the thread must not wait
errval_t serving_pause(void);

/// The wait is over.
void serving_resume(void);

/// Takes the baton and gives it back, in any thread; a thread that has it may take it again.
void serving_take(void);
void serving_leave(void);

#endif
