/**
 * What the clients of the memory server have got: a quota for each, and its grants.
 *
 * The server keeps the capability of each grant, with all rights; the client gets a copy without the right to
 * revoke. So what the server takes back is gone wherever it went, and whatever was made of it. That costs in
 * proportion to what was made: such work stands in a queue and is done in steps that the kernel bounds, or at
 * once when the memory is needed.
 *
 * What other cores may have some of is recalled from them before anybody else gets it; meanwhile others are
 * served.
 *
 * Used by one thread at a time. Blocks on nothing but that, and on the first core's server where this one has
 * that for a source (home.h).
 */
#ifndef MEM_GRANTS_H
#define MEM_GRANTS_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/caddr.h>

#define MEM_QUOTA_DEFAULT   0x4000000UL ///< Of a client for which init names none.
#define MEM_QUOTA_UNLIMITED UINT64_MAX

#define MEM_SESSIONS_MAX 8 ///< Of a domain. They share its quota.

/// What one client, a session of a domain, has.
struct grants;

/// Notes how much RAM there is. Once, before all others.
void grants_init(void);

/**
 * A client comes.
 *
 * \param quota of its domain, in bytes; 0: MEM_QUOTA_DEFAULT. What was said first counts
 * \return SYS_ERR_OK, MEM_ERR_SESSIONS, or LIB_ERR_MALLOC_FAIL
 */
errval_t grants_open(domainid_t pid, uint64_t quota, struct grants **ret);

/**
 * Gives RAM.
 *
 * \param bytes     rounded up to pages
 * \param alignment a power of two; less than a page means a page
 * \param ret       set to the client's capability, in a slot that is the caller's
 * \param ret_bytes set to how much it is
 * \return SYS_ERR_OK, MEM_ERR_ARGUMENT, MEM_ERR_QUOTA, or MEM_ERR_EXHAUSTED on top of the reason; then
 * nothing has changed
 *
 * Takes logarithmic time, and that of clients' ends that were not done yet if there is no memory without it.
 */
errval_t grants_get(struct grants *grants, uint64_t bytes, uint64_t alignment, struct capref *ret,
                    uint64_t *ret_bytes);

/// Takes all of one grant back; if that takes long, the rest of it stands in the queue. \return SYS_ERR_OK,
/// MEM_ERR_FOREIGN, or why it could not be revoked
errval_t grants_free(struct grants *grants, uint64_t base, uint64_t bytes);

/// The client is gone: `grants` is not valid any more, and its memory stands in the queue.
void grants_close(struct grants *grants);

/// True if the next of these steps may wait for other cores, which may have what is to be taken back.
bool grants_is_recall_due(void);

/// Does so many steps of what stands in the queue. \return true if there are more
bool grants_reclaim(size_t steps);

struct grants_status {
    uint64_t total_bytes;   ///< That clients can have together.
    uint64_t free_bytes;    ///< Of these, with what the server's own bookkeeping has taken of them since.
    uint64_t granted_bytes; ///< What this client's domain has,
    uint64_t quota_bytes;   ///< and may have.
    uint64_t clients;
};

/// How it stands; what is in the queue counts as free.
void grants_status(const struct grants *grants, struct grants_status *ret);

#endif
