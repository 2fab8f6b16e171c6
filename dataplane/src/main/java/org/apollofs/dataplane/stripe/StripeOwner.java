package org.apollofs.dataplane.stripe;

/** Who wants to know how a stripe ended: called once, by the host agent, which must not wait. */
interface StripeOwner {
    /** The stripe is durable, or has failed. */
    void onStripeFinal(Stripe stripe);

    /** What is written, for messages: "inode=7". */
    String describe();
}
