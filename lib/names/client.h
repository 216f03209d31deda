/**
 * The domain's channel to the name server, for lib/names.
 */
#ifndef LIB_NAMES_CLIENT_H
#define LIB_NAMES_CLIENT_H

#include <aos/names.h>

#define NAMES_TRIES 100 ///< init does not start a service more often.

/// What a service is called at its core's monitor. \param service set, of NAMES_SERVICE_BYTES \return false
/// if that is no name
bool names_service_of(const char *name, domainid_t pid, uint32_t instance, char *service);

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

#endif
