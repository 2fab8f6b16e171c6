package org.apollofs.namespace.cluster;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where a member of the namespace is reached: a host, and {@value #PORTS} consecutive UDP ports of it.
 *
 * <table>
 * <caption>Ports</caption>
 * <tr><td>+0</td><td>clients' commands (ingress) and reads</td></tr>
 * <tr><td>+1</td><td>votes, heartbeats, positions (consensus)</td></tr>
 * <tr><td>+2</td><td>the log, live</td></tr>
 * <tr><td>+3</td><td>the log, for a member that catches up</td></tr>
 * <tr><td>+4</td><td>the archive: replication of log and snapshots</td></tr>
 * <tr><td>+5</td><td>members to each other: who is new ({@link RollCall}), and votes that reads ask for ({@link TermQuorum})</td></tr>
 * </table>
 *
 * @param id the member's number, the same for ever.
 * @param host name or address that all members and clients can resolve.
 * @param basePort the first port; 0 for ports of the system's choice, which only a single member can have.
 */
public record MemberAddress(int id, String host, int basePort) {
    /** Ports that a member takes. */
    public static final int PORTS = 6;

    private static final int CLUSTER_PORTS = 5;
    private static final int CONSENSUS = 1;
    private static final int ARCHIVE = 4;
    private static final int PEERS = 5;

    /** The only member of an embedded site: reached over IPC. */
    public static final MemberAddress EMBEDDED = new MemberAddress(0, "127.0.0.1", 0);

    /** Checks the port. */
    public MemberAddress {
        if (basePort != 0 && (basePort < 1 || basePort > 65_536 - PORTS)) {
            throw new IllegalArgumentException(
                    "a member takes " + PORTS + " ports from its first on: id=" + id + ", port=" + basePort);
        }
    }

    private String endpoint(int index) {
        return host + ":" + (basePort == 0 ? 0 : basePort + index);
    }

    String consensus() {
        return endpoint(CONSENSUS);
    }

    String archive() {
        return endpoint(ARCHIVE);
    }

    /** Of streams of {@link ReadProtocol}, on the port of the commands. */
    String reads() {
        return endpoint(0);
    }

    /** Of datagrams between members; resolved by each call. */
    InetSocketAddress peers() {
        return new InetSocketAddress(host, basePort + PEERS);
    }

    /** As Aeron Cluster writes members: {@code id,ingress,consensus,log,catchup,archive}, joined by {@code |}. */
    static String members(List<MemberAddress> members) {
        return members.stream().map(MemberAddress::endpoints).collect(Collectors.joining("|"));
    }

    private String endpoints() {
        StringBuilder text = new StringBuilder().append(id);
        for (int i = 0; i < CLUSTER_PORTS; i++) {
            text.append(',').append(endpoint(i));
        }
        return text.toString();
    }

    /** As Aeron Cluster's clients want them: {@code id=ingress}, joined by commas. */
    static String ingress(List<MemberAddress> members) {
        return members.stream()
                .map(member -> member.id + "=" + member.endpoint(0))
                .collect(Collectors.joining(","));
    }
}
