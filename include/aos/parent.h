/**
 * The channel between a domain and the one that started it (document C, 4.1).
 *
 * The parent put an endpoint of its own into the child's TASKCN_SLOT_PARENTEP. The child's first message on
 * it carries the child's endpoint; then both can send.
 */
#ifndef AOS_PARENT_H
#define AOS_PARENT_H

#include <aos/lmp_chan.h>

#define PARENT_MESSAGE_BIND 0 ///< First word of that message.

/* First word of a test domain's calls to init, which answers with an errval_t in the first word. */
#define TEST_MESSAGE_DRAIN 0 ///< The trace is to be drained: many calls make more events than its ring holds.
#define TEST_MESSAGE_CHECK 1 ///< The kernel is to be checked; INIT_ERR_CAPABILITIES if it is not sound.

/// Opens the channel. Does not wait for the parent. \return SYS_ERR_OK, or LIB_ERR_LMP_CHAN_INIT or the
/// send's error
errval_t parent_channel_open(struct lmp_chan *chan);

#endif
