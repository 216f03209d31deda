#include <aos/capabilities.h>
#include <aos/parent.h>

errval_t parent_channel_open(struct lmp_chan *chan)
{
    errval_t err = lmp_chan_accept(chan, DEFAULT_LMP_BUF_WORDS, cap_parentep);
    if (err_is_fail(err)) {
        return err;
    }
    return lmp_chan_send1(chan, LMP_SEND_FLAGS_DEFAULT, chan->local_cap, PARENT_MESSAGE_BIND);
}
