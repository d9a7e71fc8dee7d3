package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.catalog.PluginCatalog;
import dev.aegis.admin.history.Revisions;
import dev.aegis.admin.nodes.Nodes;
import dev.aegis.admin.relay.Backend;
import dev.aegis.admin.tenancy.Documents;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.BusUnavailable;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Change;
import dev.aegis.journal.Fold;
import dev.aegis.journal.Json;
import dev.aegis.journal.ObjectKey;
import dev.aegis.model.NodeStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What the API tells beside the objects: nodes, revisions, plugins, analytics, and what would be.
 */
final class ReadOperations {
  private static final String SERVICE = "service";
  private static final String LIVE = "live";
  private static final String TENANT = "tenant";
  private static final String KIND = "kind";
  private static final String ACTOR = "actor";

  private final JournalReader reader;
  private final Nodes nodes;
  private final Revisions revisions;
  private final PluginCatalog plugins;
  private final Relays analytics;
  private final Relays gateway;

  ReadOperations(
      JournalReader reader,
      Nodes nodes,
      Revisions revisions,
      PluginCatalog plugins,
      Backend analytics,
      Backend gateway) {
    this.reader = reader;
    this.nodes = nodes;
    this.revisions = revisions;
    this.plugins = plugins;
    this.analytics = new Relays(analytics);
    this.gateway = new Relays(gateway);
  }

  List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    operations.add(
        new Operation(
            "GET", "/admin/plugins/catalog", Set.of(), Needs.REACH_READ, call -> catalog()));
    operations.add(
        new Operation(
            "GET",
            "/admin/nodes",
            Set.of(SERVICE, LIVE, Paging.LIMIT, Paging.CURSOR),
            Needs.REACH_READ,
            this::listNodes));
    operations.add(
        new Operation(
            "GET",
            "/admin/revisions",
            Set.of(TENANT, KIND, ACTOR, Paging.LIMIT, Paging.CURSOR),
            Needs.REACH_READ,
            this::listRevisions));
    operations.add(
        new Operation(
            "GET", "/admin/revisions/{revision}", Set.of(), Needs.REACH_READ, this::showRevision));
    operations.add(
        new Operation("POST", "/admin/explain", Set.of(), Needs.REACH_READ, this::explain));
    for (String question : List.of("series", "usage", "top")) {
      operations.add(
          new Operation(
              "GET",
              "/admin/analytics/" + question,
              Set.of(Operation.ANY_PARAMETER),
              Needs.QUERY_READ,
              call -> analytics.show(call, "/analytics/" + question)));
    }
    return operations;
  }

  private Reply explain(Call call) {
    call.document(Call.JSON); // what it says is for the gateway to judge
    Reply reply = gateway.act(call, "/explain");
    if (call.operator().bound() && reply.status() == 200 && !explains(reply, call.operator())) {
      throw ObjectOperations.notFound("None of your tenants has this host");
    }
    return reply;
  }

  /** Whether the gateway's answer is about a tenant within the operator's reach. */
  private boolean explains(Reply reply, Operator operator) {
    if (!(reply.body() instanceof Reply.Body.Bytes(Payload payload))) {
      return false;
    }
    try {
      String tenant = Json.readObject(payload.bytes()).path(TENANT).textValue();
      return reader.read(fold -> operator.reaches(fold, tenant));
    } catch (IOException e) {
      return false; // nobody can say whose it is
    }
  }

  private Reply catalog() {
    ObjectNode page = Json.object();
    page.set("items", plugins.shown());
    return Reply.json(200, page.putNull("next_cursor"));
  }

  private Reply listNodes(Call call) {
    String service = call.query().get(SERVICE);
    boolean onlyLive = call.query().containsKey(LIVE);
    boolean live = call.flag(LIVE);
    int limit = Paging.limit(call);
    String after = Paging.cursor(call);
    long revision = reader.revision();
    List<ObjectNode> items = new ArrayList<>();
    String last = null;
    for (Nodes.Seen node : nodes.all()) {
      if (after != null && node.status().node().compareTo(after) <= 0
          || service != null && !service.equals(node.status().service())
          || onlyLive && live != node.live()) {
        continue;
      }
      if (items.size() == limit) {
        return Paging.reply(items, last);
      }
      items.add(Nodes.shown(narrowed(node, call.operator()), revision));
      last = node.status().node();
    }
    return Paging.reply(items, null);
  }

  /** The node with those of its findings that are about what the operator reaches. */
  private Nodes.Seen narrowed(Nodes.Seen seen, Operator operator) {
    if (!operator.bound()) {
      return seen;
    }
    NodeStatus all = seen.status();
    return reader.read(
        fold ->
            new Nodes.Seen(
                new NodeStatus(
                    all.node(),
                    all.service(),
                    all.version(),
                    all.revision(),
                    all.since(),
                    all.at(),
                    all.findings().stream()
                        .filter(finding -> about(fold, finding.subject(), operator))
                        .toList()),
                seen.live()));
  }

  private static boolean about(Fold fold, String subject, Operator operator) {
    String[] parts = subject.split("/", 3);
    return parts.length > 1 && parts[0].equals("tenants") && operator.reaches(fold, parts[1]);
  }

  private Reply listRevisions(Call call) {
    int limit = Paging.limit(call);
    String cursor = Paging.cursor(call);
    long before = Long.MAX_VALUE;
    if (cursor != null) {
      try {
        before = Long.parseLong(cursor);
      } catch (NumberFormatException e) {
        throw RefusedCall.parameter(Paging.CURSOR, "must be a next_cursor of this list");
      }
    }
    try {
      Revisions.Page page =
          revisions.page(before, limit, change -> passes(change, call) && seen(change.key(), call));
      Long next = page.before();
      return Paging.reply(page.items(), next == null ? null : next.toString());
    } catch (BusUnavailable e) {
      throw unreadable();
    }
  }

  private static boolean passes(Change change, Call call) {
    ObjectKey key = change.key();
    String tenant = call.query().get(TENANT);
    String kind = call.query().get(KIND);
    String actor = call.query().get(ACTOR);
    return (tenant == null || tenant.equals(key.tenant()))
        && (kind == null || kind.equals(Documents.noun(key.kind())))
        && (actor == null || actor.equals(change.actor()));
  }

  private boolean seen(ObjectKey key, Call call) {
    return reader.read(fold -> call.operator().reaches(fold, key.tenant()));
  }

  private Reply showRevision(Call call) {
    String text = call.segment("revision");
    try {
      ObjectNode shown = text.matches("[0-9]{1,18}") ? revisions.one(Long.parseLong(text)) : null;
      if (shown == null || !seen(ObjectKey.parse(shown.path("key").asText()), call)) {
        throw ObjectOperations.notFound("There is no revision " + text);
      }
      return Reply.json(200, shown);
    } catch (BusUnavailable e) {
      throw unreadable();
    }
  }

  private static RefusedCall unreadable() {
    return new RefusedCall(
        Refusal.of(Refusal.Reason.JOURNAL_UNAVAILABLE, "The journal's past cannot be read now"));
  }
}
