package dev.aegis.webhooks;

import dev.aegis.chassis.ServiceMain;
import dev.aegis.webhooks.settings.WebhooksSettings;

/** Runs a webhook dispatcher as a process of its own. */
public final class WebhooksMain {
  private WebhooksMain() {}

  /** Runs until the process is told to end. */
  public static void main(String[] args) {
    ServiceMain.run(
        WebhooksService.NAME,
        args,
        WebhooksSettings.ALL,
        (settings, logs) -> new WebhooksService(settings));
  }
}
