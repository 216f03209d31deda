/**
 * What a bench domain says to init. Each message is a call: init answers with an errval_t in the first word.
 */
#ifndef BENCH_PROTOCOL_H
#define BENCH_PROTOCOL_H

#define BENCH_RAM_BYTES       0x1000000UL ///< What init grants a bench domain and a peer,
#define BENCH_LARGE_RAM_BYTES 0xA000000UL ///< and that of the suite mm, which has nodes for a million blocks.

enum bench_message {
    BENCH_MESSAGE_PLAN = 1, ///< Second word: how many benches the suite has.
    BENCH_MESSAGE_PEER,     ///< Start a peer; the answer carries its endpoint.
    /**
     * Second word: the bench of the suite that starts now. Init drains the trace before it answers: a bench
     * domain has no right to do that itself, and init remembers which bench to blame if the domain dies.
     */
    BENCH_MESSAGE_BEGIN,
    BENCH_MESSAGE_END, ///< Second word: the bench that is over, its row sent.
};

/// What the peer says to init: here is the endpoint that it serves benches on.
#define PEER_MESSAGE_READY 1

/* What a bench says to its peer: control messages have PEER_CONTROL_WORDS words, which no measured message
 * has. */
#define PEER_CONTROL_WORDS 2

/// First word of a control message: what the peer does with the messages that follow, until the next control
/// message.
enum peer_mode {
    PEER_MODE_BIND,     ///< With the bench's endpoint, to answer to. Then as PEER_MODE_ECHO.
    PEER_MODE_ONE_WAY,  ///< Answers with the cycle counter at the time when the message was there.
    PEER_MODE_ECHO,     ///< Answers with the same words.
    PEER_MODE_ECHO_CAP, ///< Answers with the same capability.
    PEER_MODE_YIELD,    ///< With the bench's dispatcher; answers with its own, then always yields back to it.
};

#endif
