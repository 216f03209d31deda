/**
 * Who is told of names that come and go. Nobody is waited for: who does not take what it is told loses its
 * watch, and hears that, because the endpoint that it gave is deleted.
 */
#ifndef NAMES_WATCHES_H
#define NAMES_WATCHES_H

#include "clients.h"

/// \param prefix, filter good ones \param endpoint the watch's then, if SYS_ERR_OK is returned \return also
/// NAMES_ERR_LIMIT, LIB_ERR_MALLOC_FAIL
errval_t watch_add(struct client *client, const char *prefix, const char *filter, struct capref endpoint);

/// A watch whose events are kept until watch_next(). \return also NAMES_ERR_LIMIT, LIB_ERR_MALLOC_FAIL
errval_t watch_follow(struct client *client, const char *prefix, const char *filter);

/// Has the call of `next` that is being handled wait for an event, or sets `came` and `name` to one that was
/// kept. \return SYS_ERR_OK, RPC_LATER, NAMES_ERR_MISSED, NAMES_ERR_LIMIT
errval_t watch_next(struct rpc_session *session, bool *came, struct rpc_bytes *name);

/// Ends it.
void watch_unfollow(struct client *client);

/// Tells those whom it concerns that an entry has come, or is going.
void watch_tell(const struct entry *entry, bool came);

/// Answers calls of `next` that have something to be told. A client that does not take its answer is cut off,
/// and its names go.
void watch_deliver(void);

/// The client is gone.
void watch_drop_client(struct client *client);

/// How many there are.
unsigned watch_count(void);

#endif
