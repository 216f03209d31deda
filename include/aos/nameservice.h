/**
 * The name service of the source documents (document A, chapter 8): services that take bytes and answer with
 * bytes. The names are those of <aos/names.h>, which is for services with an interface file.
 */
#ifndef AOS_NAMESERVICE_H
#define AOS_NAMESERVICE_H

#include <abi/errno.h>
#include <aos/caddr.h>
#include <stddef.h>

/// A channel to a service.
typedef void *nameservice_chan_t;

/**
 * Handles a message. It runs in a thread of the library's, one handler at a time, and may look up and call
 * others.
 *
 * \param message        there until it returns; NULL if it is empty
 * \param response       to be set to memory from malloc(), which the library frees; NULL and 0 on entry
 * \param rx_cap         what came with the message, the handler's then; NULL_CAP: nothing
 * \param tx_cap         to be set to what the response brings, which is copied while it is sent and stays the
 *                       handler's; NULL_CAP on entry
 */
typedef void(nameservice_receive_handler_t)(void *st, void *message, size_t bytes, void **response,
                                            size_t *response_bytes, struct capref rx_cap,
                                            struct capref *tx_cap);

/**
 * Registers a service. It is served from then on, whatever the caller does.
 *
 * \return what names_export() returns
 */
errval_t nameservice_register(const char *name, nameservice_receive_handler_t recv_handler, void *st);

/// The same, with properties: "key=value,key=value".
errval_t nameservice_register_properties(const char *name, nameservice_receive_handler_t recv_handler,
                                         void *st, const char *properties);

/// Takes a name out that this domain has registered. Clients that have channels get NAMES_ERR_NO_NAME.
errval_t nameservice_deregister(const char *name);

/// Opens a channel to a service. \return what names_connect() returns
errval_t nameservice_lookup(const char *name, nameservice_chan_t *nschan);

/// Closes it. No other thread may use it.
void nameservice_close(nameservice_chan_t nschan);

/**
 * Sends a message and waits for the response. Any number of threads may do so over one channel.
 *
 * \param message        of up to RPC_MAX_BYTES
 * \param response       set to memory from malloc(), or NULL if the response is empty. NULL: there is to be
 * none, and this does not wait for it: only until the service has taken the message, if that is longer than
 *                       40 bytes or brings a capability
 * \param response_bytes NULL if `response` is
 * \param tx_cap         is copied; NULL_CAP: nothing
 * \param rx_cap         an empty slot for what comes with the response, which stays empty if there is
 * nothing; NULL_CAP: nothing is wanted \return SYS_ERR_OK; NAMES_ERR_NO_NAME if the service has been
 * deregistered; RPC_ERR_*
 */
errval_t nameservice_rpc(nameservice_chan_t chan, void *message, size_t bytes, void **response,
                         size_t *response_bytes, struct capref tx_cap, struct capref rx_cap);

/**
 * The names that begin with `query`, in order.
 *
 * \param num    on entry how many `result` has room for, on return how many there are in it
 * \param result set to names in memory from malloc()
 */
errval_t nameservice_enumerate(const char *query, size_t *num, char **result);

/// The same for names that have properties, too: "key=value,key=value", with `core` and `pid` as well.
errval_t nameservice_enumerate_properties(const char *query, const char *properties, size_t *num,
                                          char **result);

#endif
