package dev.aegis.admin.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.aegis.admin.access.Access;
import dev.aegis.admin.access.Operator;
import dev.aegis.admin.access.Operators;
import dev.aegis.admin.relay.GatewayLogs;
import dev.aegis.admin.tenancy.Refusal;
import dev.aegis.bus.JournalReader;
import dev.aegis.journal.Json;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last lines of the gateways' access logs, and those that come. Operators of a tenant see the
 * lines of its requests and of those of tenants below it; lines without a tenant are for operators
 * of the whole installation.
 */
final class LogOperations {
  /** How many may look at once: each holds the answers of all gateways in memory. */
  private static final int OF_PLATFORM = 2;

  private static final int OF_TENANTS = 2;

  /** A gateway that does not answer makes a look take as long. */
  private static final Duration PATIENCE = GatewayLogs.PATIENCE;

  private final Turns turns = new Turns(OF_PLATFORM, PATIENCE, OF_TENANTS, PATIENCE);
  private final GatewayLogs logs;
  private final Operators operators;
  private final JournalReader reader;
  private final Followers followers;

  LogOperations(GatewayLogs logs, Operators operators, JournalReader reader, Followers followers) {
    this.logs = logs;
    this.operators = operators;
    this.reader = reader;
    this.followers = followers;
  }

  List<Operation> operations() {
    return List.of(
        new Operation(
            "GET", "/admin/logs", LogQuestion.parameters(), Needs.REACH_READ, this::show));
  }

  private Reply show(Call call) {
    LogQuestion question = LogQuestion.of(call, logs.size());
    Operator operator = call.operator();
    if (!reaches(operator, question.tenant())) {
      throw ObjectOperations.notFound("There is no tenant \"" + question.tenant() + "\"");
    }
    if (operator.tenant() != null) {
      question.filters().put("within", operator.tenant());
    }
    if (!question.follow()) {
      return newest(question, operator);
    }
    Followers.Place place = followers.take(reader.read(fold -> Turns.tree(fold, operator)));
    LogFollowing following =
        new LogFollowing(
            logs,
            LogFollowing.Pace.USUAL,
            question,
            place,
            () -> allowed(call, question),
            lines -> seen(lines, operator));
    return new Reply(
        200,
        Map.of("Content-Type", "text/event-stream", "Cache-Control", "no-store"),
        new Reply.Body.Followed(following));
  }

  private boolean reaches(Operator operator, @Nullable String tenant) {
    return tenant == null || reader.read(fold -> operator.reaches(fold, tenant));
  }

  /** Whether who began to follow still may. */
  private boolean allowed(Call call, LogQuestion question) {
    InetAddress from = InetAddress.ofLiteral(call.origin().address());
    return operators.identify(call.header("Authorization"), from)
            instanceof Access.Granted(Operator now)
        && now.equals(call.operator())
        && reaches(now, question.tenant());
  }

  /** The gateways leave out what is beyond the operator's reach; here it is looked at again. */
  private List<GatewayLogs.Line> seen(List<GatewayLogs.Line> lines, Operator operator) {
    return operator.bound()
        ? reader.read(
            fold -> lines.stream().filter(line -> operator.reaches(fold, line.tenant())).toList())
        : lines;
  }

  private Reply newest(LogQuestion question, Operator operator) {
    GatewayLogs.Newest newest;
    try (Turns.Turn turn = turns.take(reader.read(fold -> Turns.tree(fold, operator)))) {
      if (turn == null) {
        throw new RefusedCall(
            Refusal.of(Refusal.Reason.OVERLOADED, "Others look through the log; try again"));
      }
      newest = logs.newest(question.filters(), question.limit());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedCall(Refusal.of(Refusal.Reason.OVERLOADED, "This service is stopping"));
    }
    if (newest.since() == null) {
      throw new RefusedCall(
          Refusal.of(
              Refusal.Reason.BACKEND_UNAVAILABLE,
              "No gateway tells of its access log: "
                  + String.join(", ", newest.unanswered())
                  + (newest.unanswered().size() == 1 ? " does" : " do")
                  + " not answer"));
    }
    ObjectNode page = Json.object();
    ArrayNode items = page.putArray("items");
    seen(newest.lines(), operator).forEach(line -> items.add(line.shown()));
    ObjectNode coverage = page.putObject("coverage");
    coverage.put("oldest", newest.since().toString());
    coverage.put("more", newest.more());
    newest.answered().forEach(coverage.putArray("answered")::add);
    newest.unanswered().forEach(coverage.putArray("unanswered")::add);
    return Reply.json(200, page);
  }
}
