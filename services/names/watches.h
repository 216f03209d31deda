/**
 * Who is told of names that come and go. Nobody is waited for: who does not take what it is told loses its
 * watch, and hears that, because the endpoint that it gave is deleted.
 */
#ifndef NAMES_WATCHES_H
#define NAMES_WATCHES_H

#include "clients.h"

/// \param endpoint the watch's then, if SYS_ERR_OK is returned \return also NAMES_ERR_LIMIT,
/// LIB_ERR_MALLOC_FAIL
errval_t watch_add(struct client *client, const char *prefix, const char *filter, struct capref endpoint);

/// Tells those whom it concerns that an entry has come, or is going.
void watch_tell(const struct entry *entry, bool came);

/// The client is gone.
void watch_drop_client(struct client *client);

/// How many there are.
unsigned watch_count(void);

#endif
