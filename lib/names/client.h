/**
 * The domain's channel to the name server, for lib/names.
 */
#ifndef LIB_NAMES_CLIENT_H
#define LIB_NAMES_CLIENT_H

#include <aos/rpc.h>
#include <interfaces/names.h>

#define NAMES_TRIES 100 ///< init does not start a service more often.

/// A call, and the same again if the name server ends meanwhile: what that was told is forgotten anyhow. All
/// zero to begin with.
struct names_call {
    struct rpc_client *client; ///< What to call.
    errval_t err;              ///< What the call returned: set by the caller.
    unsigned tries;
    struct aos_rpc *chan;
};

/// `while (names_call(&call)) { call.err = names_...(call.client, ...); }`: the channel is opened if need be,
/// also anew. \return false when `err` is what to return
bool names_call(struct names_call *call);

/// Ends a call that is not to be made again. `err` is what to return.
void names_call_end(struct names_call *call);

/// Opens a channel to a service of a core's monitor. \return what rpc_connect() returns
errval_t names_bind(coreid_t core, const char *service, const struct rpc_interface *interface,
                    struct rpc_client **client);

#endif
