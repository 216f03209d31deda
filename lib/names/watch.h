/**
 * Watches, for lib/names.
 */
#ifndef LIB_NAMES_WATCH_H
#define LIB_NAMES_WATCH_H

#include <aos/names.h>
#include <aos/sync.h>

/// On the name server's core it tells an endpoint of ours; on others a thread of the watch asks for what
/// there is.
struct names_watch {
    struct rpc_session *session;  ///< The name server's, by which it tells us; or NULL:
    struct rpc_client *client;    ///< the thread's channel.
    bool is_over;                 ///< Nothing more is told.
    bool is_unwatched;            ///< The thread is to end when
    struct thread_sem unfollowed; ///< this is posted.
    void (*told)(void *context, enum names_event event, const char *name);
    void *context;
};

/// Starts the thread. With the baton.
errval_t names_follow_with(struct names_watch *watch, const char *prefix, const char *filter);

/// Ends it. The watch is freed later. With the baton.
void names_follow_end(struct names_watch *watch);

#endif
