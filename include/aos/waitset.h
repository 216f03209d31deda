/**
 * Waitsets: where a thread waits for one of several events (document C 4.3, document D 3).
 *
 * A channel registers a closure with a waitset. When something comes for the channel it is triggered: it
 * moves to the waitset's queue of pending events, and event_dispatch() runs its closure. A registration is
 * used up by its event; a handler that wants the next one registers again.
 *
 * Several threads may dispatch the events of one waitset; each event is handled by one of them.
 */
#ifndef AOS_WAITSET_H
#define AOS_WAITSET_H

#include <abi/errno.h>
#include <stddef.h>

struct event_closure {
    void (*handler)(void *arg);
    void *arg;
};

#define MKCLOSURE(h, a) ((struct event_closure){.handler = (void (*)(void *))(h), .arg = (a)})
#define NOP_CLOSURE     ((struct event_closure){NULL, NULL})

enum chanstate {
    CHAN_UNREGISTERED,
    CHAN_IDLE,    ///< Waits for its event.
    CHAN_PENDING, ///< Its event has come and was not handled yet.
};

/// One channel's place in a waitset. Owned by the channel.
struct waitset_chanstate {
    struct waitset *waitset;
    struct event_closure closure;
    enum chanstate state;
    struct waitset_chanstate *next; ///< In the queue of pending events.
};

struct waitset {
    struct waitset_chanstate *pending; ///< Oldest first.
    struct waitset_chanstate *last;
};

void waitset_init(struct waitset *ws);

/// The waitset that everything uses which has no reason for its own.
struct waitset *get_default_waitset(void);

/**
 * Handles one event: runs its closure. Waits while there is none; other threads run meanwhile.
 *
 * \return SYS_ERR_OK, or what waiting in the kernel failed with
 */
errval_t event_dispatch(struct waitset *ws);

/// The same, but returns LIB_ERR_NO_EVENT instead of waiting.
errval_t event_dispatch_non_block(struct waitset *ws);

/* For channels. */

void waitset_chanstate_init(struct waitset_chanstate *chan);

/// \return SYS_ERR_OK or LIB_ERR_CHAN_ALREADY_REGISTERED
errval_t waitset_chan_register(struct waitset *ws, struct waitset_chanstate *chan,
                               struct event_closure closure);

/// \return SYS_ERR_OK or LIB_ERR_CHAN_NOT_REGISTERED
errval_t waitset_chan_deregister(struct waitset_chanstate *chan);

/// The event of a registered channel has come. Nothing happens if it is pending already. In a disabled
/// section.
void waitset_chan_trigger(struct waitset_chanstate *chan);

#endif
