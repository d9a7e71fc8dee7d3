package dev.aegis.journal;

import static dev.aegis.journal.Changes.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.aegis.model.Violation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefinitionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // kind | document | the fields that are wrong, none when nothing is
        "TENANT | {'id':'acme','name':'Acme'} |",
        "REVOCATION | {'id':'r','jti':'x'} |",
        "REVOCATION | {'id':'r','subject':'x','issued_before':'2030-01-01T00:00:00Z','expires_at':'2031-01-01T00:00:00Z'} |",
        "REVOCATION | {'id':'r'} | /jti",
        "REVOCATION | {'id':'r','jti':''} | /jti",
        "REVOCATION | {'id':'r','jti':7} | /jti",
        "REVOCATION | {'id':'r','jti':'x','subject':'y','issued_before':'2030-01-01T00:00:00Z'} | /jti",
        "REVOCATION | {'id':'r','jti':'x','issued_before':'2030-01-01T00:00:00Z'} | /issued_before",
        "REVOCATION | {'id':'r','subject':'x'} | /issued_before",
        "REVOCATION | {'id':'r','subject':'x','issued_before':'now'} | /issued_before",
        "REVOCATION | {'id':'r','jti':'x','expires_at':0} | /expires_at",
        "TENANT | {'id':'acme','name':'Acme','labels':{'a':'b'},'hosts':['shop.acme.test']} |",
        "TENANT | {'id':'acme','name':null} | /name",
        "TENANT | {'id':'acme','name':''} | /name",
        "TENANT | {'id':'Acme','name':'x'} | /id",
        "TENANT | {'id':'a_b','name':'x'} | /id",
        "TENANT | {'id':7,'name':'x'} | /id",
        "TENANT | {'name':'x'} | /id",
        "TENANT | {'id':'acme','name':'x','kind':'clan'} | /kind",
        "TENANT | {'id':'acme','name':'x','status':'ACTIVE'} | /status",
        "TENANT | {'id':'acme','name':'x','hosts':['Shop.test']} | /hosts",
        "TENANT | {'id':'acme','name':'x','hosts':['shop.test:80']} | /hosts",
        "TENANT | {'id':'acme','name':'x','hosts':['-a.test']} | /hosts",
        "TENANT | {'id':'acme','name':'x','hosts':'shop.test'} | /hosts",
        "TENANT | {'id':'acme','name':'x','parent':'acme'} | /parent",
        "TENANT | {'id':'acme','name':'x','labels':{'a':1}} | /labels",
        "UPSTREAM | {'id':'u','service':'api'} |",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://127.0.0.1:9000'}]} |",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://[::1]:9000/','weight':0}]} |",
        "UPSTREAM | {'id':'u'} | /targets",
        "UPSTREAM | {'id':'u','targets':[]} | /targets",
        "UPSTREAM | {'id':'u','service':'api','targets':[{'url':'http://a'}]} | /targets",
        "UPSTREAM | {'id':'u','service':''} | /service",
        "UPSTREAM | {'id':'u','dns':{'name':'orders.internal','port':8080}} |",
        "UPSTREAM | {'id':'u','dns':{'name':'_http._tcp.orders.internal.','type':'srv','refresh_ms':1000}} |",
        "UPSTREAM | {'id':'u','dns':{'name':'a','type':'srv'},'service':'b'} | /targets",
        "UPSTREAM | {'id':'u','dns':{'name':'a','type':'srv'},'targets':[{'url':'http://a'}]} | /targets",
        "UPSTREAM | {'id':'u','dns':{'name':'a','port':1},'consul':{}} | /consul",
        "UPSTREAM | {'id':'u','dns':{}} | /dns/name /dns/port",
        "UPSTREAM | {'id':'u','dns':'a'} | /dns",
        "UPSTREAM | {'id':'u','dns':{'name':'a/b','port':0,'type':'address','refresh_ms':99}} | /dns/name /dns/port /dns/refresh_ms",
        "UPSTREAM | {'id':'u','dns':{'name':'a..b','port':1,'type':'mx'}} | /dns/name /dns/type",
        "UPSTREAM | {'id':'u','dns':{'name':'a','port':1,'type':'srv'}} | /dns/port",
        "UPSTREAM | {'id':'u','service':'api','targets':[]} |",
        "UPSTREAM | {'id':'u','service':'api','consul':{}} |",
        "UPSTREAM | {'id':'u','service':'api','consul':{'tags':['v2','eu'],'datacenter':'dc2','metadata':{'zone':'a'}}} |",
        "UPSTREAM | {'id':'u','service':'api','consul':{'tags':[''],'datacenter':'','metadata':{'zone':1},'token':'x'}} | /consul/tags /consul/datacenter /consul/metadata /consul/token",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://a'}],'consul':{'tags':['v2']}} | /consul",
        "UPSTREAM | {'id':'u','targets':[{'url':'https://a'}]} |",
        "UPSTREAM | {'id':'u','targets':[{'url':'ftp://a'}]} | /targets/0/url",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://a'}],'tls':{}} | /tls",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://a'},{'url':'https://a'}],'tls':{}} |",
        "UPSTREAM | {'id':'u','service':'s','tls':{}} |",
        "UPSTREAM | {'id':'u','service':'s','slow_start_ms':5000,'load_balancing':'random_two'} |",
        "UPSTREAM | {'id':'u','service':'s','slow_start_ms':-1} | /slow_start_ms",
        "UPSTREAM | {'id':'u','service':'s','slow_start_ms':1,'load_balancing':'consistent_hash'} | /slow_start_ms",
        "UPSTREAM | {'id':'u','service':'s','max_connections':1,'max_pending':0} |",
        "UPSTREAM | {'id':'u','service':'s','max_connections':-1} | /max_connections",
        "UPSTREAM | {'id':'u','service':'s','max_pending':5} | /max_pending",
        "UPSTREAM | {'id':'u','service':'s','tls':{'verify':false}} |",
        "UPSTREAM | {'id':'u','service':'s','tls':{'verify':'no'}} | /tls/verify",
        "UPSTREAM | {'id':'u','service':'s','tls':{'server_name':'a.test'}} |",
        "UPSTREAM | {'id':'u','service':'s','tls':{'server_name':'a:1'}} | /tls/server_name",
        "UPSTREAM | {'id':'u','service':'s','tls':{'ca':'x'}} | /tls/ca",
        "UPSTREAM | {'id':'u','service':'s','tls':{'verify':false,'ca':'x'}} | /tls/ca",
        "UPSTREAM | {'id':'u','service':'s','tls':{'private_key':{'key_id':'a','ciphertext':'AA=='}}} | /tls/private_key",
        "UPSTREAM | {'id':'u','service':'s','tls':{'verfy':true}} | /tls/verfy",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://a/b'}]} | /targets/0/url",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://u:p@a'}]} | /targets/0/url",
        "UPSTREAM | {'id':'u','targets':[{'url':'a b'}]} | /targets/0/url",
        "UPSTREAM | {'id':'u','targets':[{}]} | /targets/0/url",
        "UPSTREAM | {'id':'u','targets':['http://a']} | /targets/0 /targets",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://a','weight':1001}]} | /targets/0/weight",
        "UPSTREAM | {'id':'u','targets':[{'url':'http://a','wait':1}]} | /targets/0/wait",
        "UPSTREAM | {'id':'u','service':'a','timeouts':{'idle_ms':0}} | /timeouts/idle_ms",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'least_requests'} |",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'random_two'} |",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'fastest'} | /load_balancing",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'consistent_hash'} |",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'consistent_hash','hash_on':'cookie:s'} |",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'consistent_hash','hash_on':'cookie:'} | /hash_on",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'consistent_hash','hash_on':'header:a b'} | /hash_on",
        "UPSTREAM | {'id':'u','service':'a','load_balancing':'consistent_hash','hash_on':'subject:x'} | /hash_on",
        "UPSTREAM | {'id':'u','service':'a','hash_on':'ip'} | /hash_on",
        "UPSTREAM | {'id':'u','service':'a','circuit_breaker':{},'health':{'passive':{}}} |",
        "UPSTREAM | {'id':'u','service':'a','circuit_breaker':{'open_ms':0,'failure_percent':101}} | /circuit_breaker/failure_percent /circuit_breaker/open_ms",
        "UPSTREAM | {'id':'u','service':'a','circuit_breaker':true} | /circuit_breaker",
        "UPSTREAM | {'id':'u','service':'a','health':{'path':'/up?x','statuses':[200,204],'interval_ms':100,'healthy':1}} |",
        "UPSTREAM | {'id':'u','service':'a','health':{'interval_ms':1000,'timeout_ms':10}} |",
        "UPSTREAM | {'id':'u','service':'a','health':{'path':'up','statuses':[20],'interval_ms':99,'unhealthy':0}} | /health/path /health/statuses /health/interval_ms /health/unhealthy",
        "UPSTREAM | {'id':'u','service':'a','health':{'path':'/a b'}} | /health/path",
        "UPSTREAM | {'id':'u','service':'a','health':{'path':'/a\\r\\nX: y'}} | /health/path",
        "UPSTREAM | {'id':'u','service':'a','health':{'timeout_ms':10}} | /health/timeout_ms",
        "UPSTREAM | {'id':'u','service':'a','health':{'interval_ms':1000,'statuses':[200]}} | /health/statuses",
        "UPSTREAM | {'id':'u','service':'a','health':{'statuses':[200]}} | /health/statuses",
        "UPSTREAM | {'id':'u','service':'a','protocol':'http2','health':{'grpc_service':'shop.Orders','timeout_ms':10}} |",
        "UPSTREAM | {'id':'u','service':'a','protocol':'http2','health':{'grpc_service':''}} |",
        "UPSTREAM | {'id':'u','service':'a','protocol':'http2','health':{'grpc_service':1}} | /health/grpc_service",
        "UPSTREAM | {'id':'u','service':'a','health':{'grpc_service':''}} | /protocol",
        "UPSTREAM | {'id':'u','service':'a','protocol':'http2','health':{'grpc_service':'','path':'/up','statuses':[200]}} | /health/path /health/statuses",
        "UPSTREAM | {'id':'u','service':'a','health':{'passive':{'failures':0}}} |",
        "UPSTREAM | {'id':'u','service':'a','health':{'passive':{'ejection_ms':0,'max_ejected_percent':101}}} | /health/passive/ejection_ms /health/passive/max_ejected_percent",
        "UPSTREAM | {'id':'u','service':'a','health':{'passiv':{}}} | /health/passiv",
        "UPSTREAM | {'id':'u','service':'a','timeouts':3} | /timeouts",
        "UPSTREAM | {'id':'u','service':'a','retries':{'attempt':1}} | /retries/attempt",
        "UPSTREAM | {'id':'u','service':'a','retries':{'attempts':0,'statuses':[200],'budget_percent':101}} | /retries/attempts /retries/statuses /retries/budget_percent",
        "UPSTREAM | {'id':'u','service':'a','retries':{'attempts':1,'statuses':[503],'per_try_timeout_ms':100}} |",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':1}} |",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':0,'attempts':1,'per_try_timeout_ms':1}} |",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':-1}} | /retries/hedge_after_ms",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':3600001}} | /retries/hedge_after_ms",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':'soon'}} | /retries/hedge_after_ms",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':50,'attempts':1}} | /retries/hedge_after_ms",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':50,'per_try_timeout_ms':50}} | /retries/hedge_after_ms",
        "UPSTREAM | {'id':'u','service':'a','retries':{'hedge_after_ms':49,'per_try_timeout_ms':50}} |",
        "UPSTREAM | {'id':'u','service':'a','timeouts':{'first_byte_ms':1,'request_ms':-1}} | /timeouts/request_ms",
        "UPSTREAM | {'id':'u','service':'a','max_active':0} | /max_active",
        "UPSTREAM | {'id':'u','service':'a','retries':{}} |",
        "ROUTE | {'id':'r','paths':['/a/**'],'upstream':'u'} |",
        "ROUTE | {'id':'r','paths':[],'upstream':'u'} | /paths",
        "ROUTE | {'id':'r','upstream':'u'} | /paths",
        "ROUTE | {'id':'r','paths':['a'],'upstream':'u'} | /paths",
        "ROUTE | {'id':'r','paths':['/a']} | /upstream",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','methods':['get']} | /methods",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','auth':'basic'} | /auth",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','authorization':'report'} |",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','authorization':'off'} | /authorization",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','auth':'none','authorization':'report'} | /authorization",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','strip_prefix':'/a/'} | /strip_prefix",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','strip_prefix':'/*'} | /strip_prefix",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','priority':1.5} | /priority",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','strip_credentials':'no'} | /strip_credentials",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','split':[1]} | /split/0",
        "ROUTE | {'id':'r','paths':['/a'],'upstream':'u','limits':[],'mirror':null} |",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['HS256'],'secret':{'key_id':'a','ciphertext':'AA=='}} |",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}]} |",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA','EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}]} |",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'public_keys':[{'kty':'RSA'}]} | /public_keys/0",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['none'],'public_keys':[]} | /algorithms",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['eddsa'],'public_keys':[]} | /algorithms",
        "ISSUER | {'id':'i','issuer':'x','algorithms':[]} | /algorithms",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['HS256']} | /secret",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256']} | /public_keys",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[]} | /public_keys",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA','ES256'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}]} | /public_keys",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['ES256'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}]} | /public_keys/0",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'},7,'x']} | /public_keys/1 /public_keys/2",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':{}} | /public_keys",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['HS256'],'secret':'plain'} | /secret",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['HS256'],'secret':{'key_id':'a','ciphertext':'AA=='},'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}]} | /public_keys",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'public_keys':[{'d':'1'}]} | /public_keys/0",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA','HS256'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}],'secret':{'key_id':'a','ciphertext':'AA=='}} | /algorithms /secret",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}],'leeway_seconds':301} | /leeway_seconds",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a.test/k?x=y'} |",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'http://10.0.0.1:8080/k','discovery':false} |",
        "ISSUER | {'id':'i','issuer':'https://a.test/t/','algorithms':['EdDSA','ES256'],'discovery':true,'keys_overlap_seconds':0,'keys_max_stale_seconds':300} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256']} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256'],'discovery':false} | /public_keys",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256'],'public_keys':[]} | /public_keys",
        "ISSUER | {'id':'i','issuer':'http://a.test','algorithms':['RS256']} | /public_keys",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['HS256']} | /secret",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'discovery':true} | /discovery",
        "ISSUER | {'id':'i','issuer':'https://a.test?t=1','algorithms':['RS256'],'discovery':true} | /discovery",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256'],'jwks_url':'https://a.test/k','discovery':true} | /discovery",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['HS256'],'secret':{'key_id':'a','ciphertext':'AA=='},'jwks_url':'https://a.test/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['HS256'],'secret':{'key_id':'a','ciphertext':'AA=='},'discovery':true} | /discovery",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'jwks_url':'https://a.test/k','public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}]} | /public_keys",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a.test/k','secret':{'key_id':'a','ciphertext':'AA=='}} | /secret",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}],'keys_overlap_seconds':5,'keys_max_stale_seconds':300} | /keys_overlap_seconds /keys_max_stale_seconds",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a.test/k','keys_overlap_seconds':-1,'keys_max_stale_seconds':299} | /keys_overlap_seconds /keys_max_stale_seconds",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='}}} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='}},'algorithms':[]} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='}},'algorithms':['RS256']} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='},'cache_s':0,'negative_cache_s':0,'timeout_ms':100}} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='},'cache_s':3601,'negative_cache_s':301,'timeout_ms':5001}} | /introspection/cache_s /introspection/negative_cache_s /introspection/timeout_ms",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{}} | /introspection/url /introspection/client_id /introspection/client_secret",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':'x'} | /introspection",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://u@a.test/','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='},'scope':'x'}} | /introspection/url /introspection/scope",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/','client_id':'c','client_secret':'plain'}} | /introspection/client_secret",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='}},'jwks_url':'https://a.test/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='}},'discovery':true} | /discovery",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='}},'secret':{'key_id':'a','ciphertext':'AA=='}} | /secret",
        "ISSUER | {'id':'i','issuer':'https://a.test','introspection':{'url':'https://a.test/i','client_id':'c','client_secret':{'key_id':'a','ciphertext':'AA=='}},'algorithms':['none']} | /algorithms",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256'],'certificate_bound':'required'} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256'],'certificate_bound':'optional'} |",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256'],'certificate_bound':'Required'} | /certificate_bound",
        "ISSUER | {'id':'i','issuer':'https://a.test','algorithms':['RS256'],'certificate_bound':true} | /certificate_bound",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'file:///etc/passwd'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'ftp://a.test/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https:///k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://u:p@a.test/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a.test/k#x'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a.test:0/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a.test:99999/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a.test/ k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'https://a\u00e4.test/k'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['RS256'],'jwks_url':'HTTPS:a'} | /jwks_url",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}],'claims':{'subject':'email','tenant_id':'/org/id','role_ids':'/a~1b/~0c/0','pathname_slugs':'https://a/b~'}} |",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}],'claims':{'subject':'','role_ids':'/a~2','pathname_slugs':'/a~','tenant_id':7}} | /claims/subject /claims/tenant_id /claims/role_ids /claims/pathname_slugs",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}],'claims':{'roles':'x'}} | /claims/roles",
        "ISSUER | {'id':'i','issuer':'x','algorithms':['EdDSA'],'public_keys':[{'kty':'OKP','crv':'Ed25519','x':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}],'claims':{'subject':'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}} | /claims/subject",
        "ROLE | {'id':'r','permissions':[]} |",
        "ROLE | {'id':'r'} | /permissions",
        "ROLE | {'id':'r','permissions':[{'paths':['/a'],'effect':'maybe'}]} | /permissions/0/effect",
        "ROLE | {'id':'r','permissions':[{}]} | /permissions/0/paths",
        "ROLE | {'id':'r','permissions':[],'inherits':['r']} | /inherits",
        "ROLE | {'id':'r','permissions':[{'paths':['/*/*/a'],'when':[{'claim':'a','in':['x']},{'claim':'b','present':false}],'where':{'1':'sub','2':'org'}}]} |",
        "ROLE | {'id':'r','permissions':[{'paths':['/a'],'when':[{'in':['x']}]}]} | /permissions/0/when/0/claim",
        "ROLE | {'id':'r','permissions':[{'paths':['/a'],'when':[{'claim':'a'}]}]} | /permissions/0/when/0/in",
        "ROLE | {'id':'r','permissions':[{'paths':['/a'],'when':[{'claim':'a','in':[]}]}]} | /permissions/0/when/0/in",
        "ROLE | {'id':'r','permissions':[{'paths':['/a'],'when':[{'claim':'a','in':['x'],'present':true}]}]} | /permissions/0/when/0/present",
        "ROLE | {'id':'r','permissions':[{'paths':['/a'],'when':[{'claim':'a','equals':'x'}]}]} | /permissions/0/when/0/in /permissions/0/when/0/equals",
        "ROLE | {'id':'r','permissions':[{'paths':['/a'],'when':{'claim':'a'}}]} | /permissions/0/when",
        "ROLE | {'id':'r','permissions':[{'paths':['/*/**','/a'],'where':{'1':'sub'}}]} | /permissions/0/where",
        "ROLE | {'id':'r','permissions':[{'paths':['/*'],'where':{'0':'sub'}}]} | /permissions/0/where",
        "ROLE | {'id':'r','permissions':[{'paths':['/*'],'where':{'01':'sub'}}]} | /permissions/0/where",
        "ROLE | {'id':'r','permissions':[{'paths':['/*'],'where':{'1':''}}]} | /permissions/0/where",
        "ROLE | {'id':'r','permissions':[{'paths':['/*'],'where':{'1':2}}]} | /permissions/0/where",
        "BINDING | {'id':'b','subject':'alice','roles':['reader']} |",
        "BINDING | {'id':'b','group':'staff','subject':null,'roles':['reader','a.b_c-1']} |",
        "BINDING | {'id':'b','roles':['reader']} | /subject",
        "BINDING | {'id':'b','subject':'','roles':['reader']} | /subject",
        "BINDING | {'id':'b','subject':'alice','group':'staff','roles':['reader']} | /group",
        "BINDING | {'id':'b','group':3,'roles':['reader']} | /group",
        "BINDING | {'id':'b','subject':'alice'} | /roles",
        "BINDING | {'id':'b','subject':'alice','roles':[]} | /roles",
        "BINDING | {'id':'b','subject':'alice','roles':['a,b']} | /roles",
        "BINDING | {'id':'b','subject':'alice','roles':['a\\r\\nX: y']} | /roles",
        "BINDING | {'id':'b','subject':'alice','roles':['r'],'groups':['x']} | /groups",
        "PLUGIN | {'id':'p','plugin':'rate_limit','config':{'any':['thing']}} |",
        "PLUGIN | {'id':'p'} | /plugin",
        "PLUGIN | {'id':'p','plugin':'x','config':[]} | /config",
        "WEBHOOK | {'id':'w','url':'https://a.test/x?y','events':['*']} |",
        "WEBHOOK | {'id':'w','url':'ftp://a.test','events':['*']} | /url",
        "WEBHOOK | {'id':'w','url':'/x','events':['*']} | /url",
        "WEBHOOK | {'id':'w','url':'https://u@a.test','events':['*']} | /url",
        "WEBHOOK | {'id':'w','url':'https://a.test','events':[]} | /events",
        "WEBHOOK | {'id':'w','url':'https://a.test','events':['rate_limit.exceded']} | /events",
        "WEBHOOK | {'id':'w','url':'https://a.test','events':['*'],'secret':{'key_id':'a','ciphertext':'?'}} | /secret/ciphertext",
      })
  void eachRuleHolds(Kind kind, String document, String field) {
    List<String> wrong =
        violations(kind, document).stream().map(Violation::field).distinct().toList();
    assertThat(wrong).isEqualTo(field == null ? List.of() : List.of(field.split(" ")));
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    List<Violation> violations =
        violations(
            Kind.ROUTE,
            "{'id':'/','paths':['a'],'upstraem':'u','methods':['get'],'auth':'x','priority':'high',"
                + "'headers':{'a':1},'split':[1]}");
    assertThat(violations)
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "/id",
            "/paths",
            "/upstream",
            "/methods",
            "/headers",
            "/auth",
            "/split/0",
            "/priority",
            "/upstraem");
  }

  @Test
  void unknownMembersNameTheNearOne() {
    assertThat(violations(Kind.ROUTE, "{'id':'r','paths':['/a'],'upstream':'u','metods':[]}"))
        .containsExactly(new Violation("/metods", "is unknown; did you mean \"methods\"?"));
    assertThat(violations(Kind.ROUTE, "{'id':'r','paths':['/a'],'upstream':'u','zzz':1}"))
        .containsExactly(new Violation("/zzz", "is unknown"));
    assertThat(
            violations(
                Kind.WEBHOOK, "{'id':'w','url':'https://a.test','events':['rate_limit.exceded']}"))
        .singleElement()
        .satisfies(
            violation ->
                assertThat(violation.message()).contains("did you mean \"rate_limit.exceeded\"?"));
  }

  @Test
  void membersWithSlashesAreNamedByPointer() {
    assertThat(violations(Kind.TENANT, "{'id':'a','name':'x','a/b~c':1}"))
        .extracting(Violation::field)
        .containsExactly("/a~1b~0c");
  }

  @Test
  void theMessageDoesNotRepeatSecrets() {
    InvalidDefinition thrown =
        catchThrowableOfType(
            InvalidDefinition.class,
            () ->
                Definition.read(
                    Kind.ISSUER,
                    json("{'id':'i','issuer':'x','algorithms':['HS256'],'secret':'hunter22'}")));
    assertThat(thrown).hasMessageNotContaining("hunter22");
  }

  @Test
  void defaultsAreTheDocumentedOnes() {
    assertThat(Definition.read(Kind.ROUTE, json("{'id':'r','paths':['/a'],'upstream':'u'}")))
        .isEqualTo(
            new RouteDefinition(
                "r",
                List.of("/a"),
                new Destination.One("u"),
                Set.of(),
                Map.of(),
                List.of(),
                RouteDefinition.Auth.JWT,
                false,
                new Arbitration.Unsaid(),
                null,
                new Rewrite.None(),
                false,
                HeaderEdits.NONE,
                HeaderEdits.NONE,
                null,
                null,
                null,
                null,
                RouteDefinition.Caps.NONE,
                null,
                0));
    assertThat(
            Definition.read(
                Kind.UPSTREAM,
                json(
                    "{'id':'u','targets':[{'url':'http://[::1]:9000'},{'url':'http://a','weight':3}],"
                        + "'load_balancing':'consistent_hash','hash_on':'header:X-Shard',"
                        + "'timeouts':{'connect_ms':50}}")))
        .isEqualTo(
            new UpstreamDefinition(
                "u",
                new TargetSource.Fixed(
                    List.of(
                        new UpstreamDefinition.Target("::1", 9_000, 1),
                        new UpstreamDefinition.Target("a", 80, 3))),
                new LoadBalancing.ConsistentHash(LoadBalancing.By.HEADER, "x-shard"),
                null,
                UpstreamDefinition.Passive.DEFAULT,
                null,
                UpstreamDefinition.Retries.DEFAULT,
                new UpstreamDefinition.Timeouts(
                    Duration.ofMillis(50), Duration.ZERO, Duration.ofSeconds(60), Duration.ZERO),
                UpstreamDefinition.DEFAULT_MAX_ACTIVE,
                UpstreamDefinition.Protocol.HTTP1,
                null,
                UpstreamDefinition.Bounds.NONE,
                Duration.ZERO));
    assertThat(new UpstreamDefinition.Target("::1", 9_000, 1).authority()).isEqualTo("[::1]:9000");
    TenantDefinition tenant =
        (TenantDefinition) Definition.read(Kind.TENANT, json("{'id':'a','name':'A'}"));
    assertThat(tenant.status()).isEqualTo(TenantDefinition.Status.ACTIVE);
    assertThat(tenant.isolation()).isEqualTo(TenantDefinition.Isolation.STRICT);
  }

  @Test
  void aRouteMaySplitItsRequests() {
    RouteDefinition route =
        (RouteDefinition)
            Definition.read(
                Kind.ROUTE,
                json(
                    "{'id':'r','paths':['/a'],'split':[{'upstream':'a','weight':95},"
                        + "{'upstream':'b','weight':0}],"
                        + "'split_by':'cookie:Who','split_header':'X-Variant'}"));
    assertThat(route.destination())
        .isEqualTo(
            new Destination.Split(
                List.of(new Destination.Share("a", 95), new Destination.Share("b", 0)),
                new LoadBalancing.ConsistentHash(LoadBalancing.By.COOKIE, "Who"),
                "x-variant"));
    assertThat(route.destination().upstreams()).containsExactly("a", "b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'upstream':'u','split':[{'upstream':'a'}]|/upstream",
        "'split':[]|/upstream",
        "'split':[{'upstream':'a','weight':0}]|/split",
        "'split':[{'upstream':'a'},{'upstream':'a'}]|/split",
        "'split':[{'weight':1}]|/split/0/upstream",
        "'split':[{'upstream':'a','weight':10001}]|/split/0/weight",
        "'split':[{'upstream':'a'}],'split_by':'header:'|/split_by",
        "'split':[{'upstream':'a'}],'split_by':'random'|/split_by",
        "'split':[{'upstream':'a'}],'split_header':'X Variant'|/split_header",
        "'upstream':'u','split_by':'ip'|/split_by",
        "'upstream':'u','split_header':'X-Variant'|/split_header",
        "'upstream':'u','redirect':{'to':'/x'}|/upstream",
        "'split':[{'upstream':'a'}],'redirect':{'to':'/x'}|/split",
        "'redirect':{'to':'/x'},'mirror':{'upstream':'u'}|/mirror",
        "'redirect':{'to':'/x'},'max_request_bytes':1|/max_request_bytes",
        "'redirect':{'to':'/x'},'response_headers':{'set':{'A':'b'}}|/response_headers",
        "'redirect':{'to':'/x'},'split_by':'ip'|/split_by",
        "'redirect':{}|/redirect/to",
        "'redirect':{'to':'/x','status':304}|/redirect/status",
        "'redirect':{'to':'/x','status':200}|/redirect/status",
        "'redirect':{'to':'x'}|/redirect/to",
        "'redirect':{'to':'//evil.test/'}|/redirect/to",
        "'redirect':{'to':'/{path}'}|/redirect/to",
        "'redirect':{'to':'https://{path}'}|/redirect/to",
        "'redirect':{'to':'/{query}/x'}|/redirect/to",
        "'redirect':{'to':'{path}/x'}|/redirect/to",
        "'redirect':{'to':'{host}/x'}|/redirect/to",
        "'redirect':{'to':'https://u@{host}/'}|/redirect/to",
        "'redirect':{'to':'ftp://a.test/'}|/redirect/to",
        "'redirect':{'to':'javascript:alert(1)'}|/redirect/to",
        "'redirect':{'to':'https://a.test/\\r\\nX: y'}|/redirect/to",
        "'redirect':{'to':'https://a.test/\\u00e9'}|/redirect/to",
        "'redirect':{'to':'https://a.test/{what}'}|/redirect/to",
        "'upstream':'u','rewrite':{}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/x','prefix':'/y'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'x'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/../x'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/..;a/x'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/%2e%2e/x'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'//x'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/x?y'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/x{1}'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/{1}'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/{rest}'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/{rest}/x'}|/rewrite/path",
        "'upstream':'u','rewrite':{'path':'/{0}'}|/rewrite/path",
        "'upstream':'u','strip_prefix':'/a','rewrite':{'path':'/x'}|/rewrite/path",
        "'upstream':'u','rewrite':{'prefix':'/x/'}|/rewrite/prefix",
        "'upstream':'u','rewrite':{'prefix':'/x/../y'}|/rewrite/prefix",
        "'upstream':'u','rewrite':{'prefix':'/x y'}|/rewrite/prefix",
        "'upstream':'u','rewrite':'/x'|/rewrite",
        "'upstream':'u','maintenance':{'status':200}|/maintenance/status",
        "'upstream':'u','maintenance':{'retry_after_s':-1}|/maintenance/retry_after_s",
        "'upstream':'u','maintenance':{'message':1}|/maintenance/message",
        "'upstream':'u','request_headers':{'set':{'X A':'1'}}|/request_headers/set",
        "'upstream':'u','request_headers':{'set':{'':'1'}}|/request_headers/set",
        "'upstream':'u','request_headers':{'set':{'X-A':'1\\r\\nX-User-Id: root'}}|/request_headers/set",
        "'upstream':'u','request_headers':{'add':{'X-A':'\\u0000'}}|/request_headers/add",
        "'upstream':'u','request_headers':{'add':{'X-A':' 1'}}|/request_headers/add",
        "'upstream':'u','request_headers':{'add':{'X-A':'\\u00e9'}}|/request_headers/add",
        "'upstream':'u','request_headers':{'set':{'X-A':1}}|/request_headers/set",
        "'upstream':'u','request_headers':{'set':{'X-User_ID':'root'}}|/request_headers/set",
        "'upstream':'u','request_headers':{'remove':['x-forwarded-for']}|/request_headers/remove",
        "'upstream':'u','request_headers':{'remove':['X-Forwarded-Else']}|/request_headers/remove",
        "'upstream':'u','request_headers':{'set':{'Host':'b.test'}}|/request_headers/set",
        "'upstream':'u','request_headers':{'remove':['content-length']}|/request_headers/remove",
        "'upstream':'u','request_headers':{'set':{'a':'1','A':'2'}}|/request_headers/set",
        "'upstream':'u','request_headers':{'set':{'a':'1'},'remove':['A']}|/request_headers/remove",
        "'upstream':'u','response_headers':{'set':{'Transfer-Encoding':'x'}}|/response_headers/set",
        "'upstream':'u','response_headers':{'remove':['X-RateLimit-Limit']}|/response_headers/remove",
        "'upstream':'u','response_headers':{'sett':{}}|/response_headers/sett",
        "'upstream':'u','response_headers':[]|/response_headers",
        "'upstream':'u','mirror':{}|/mirror/upstream",
        "'upstream':'u','mirror':{'upstream':'s','percent':101}|/mirror/percent",
        "'upstream':'u','mirror':{'upstream':'s','max_body_bytes':1048577}|/mirror/max_body_bytes",
        "'upstream':'u','external_authorization':{}|/external_authorization/upstream",
        "'upstream':'u','external_authorization':{'upstream':'s','path':'x'}|/external_authorization/path",
        "'upstream':'u','external_authorization':{'upstream':'s','timeout_ms':0}|/external_authorization/timeout_ms",
        "'upstream':'u','external_authorization':{'upstream':'s','timeout_ms':10001}|/external_authorization/timeout_ms",
        "'upstream':'u','external_authorization':{'upstream':'s','on_failure':'open'}|/external_authorization/on_failure",
        "'upstream':'u','external_authorization':{'upstream':'s','cache_s':301}|/external_authorization/cache_s",
        "'upstream':'u','external_authorization':{'upstream':'s','headers':['X A']}|/external_authorization/headers",
        "'upstream':'u','external_authorization':{'upstream':'s','headers':['X-User-Id']}|/external_authorization/headers",
        "'upstream':'u','external_authorization':{'upstream':'s','response_headers':['x_user_roles']}|/external_authorization/response_headers",
        "'upstream':'u','external_authorization':{'upstream':'s','response_headers':['Content-Length']}|/external_authorization/response_headers",
        "'upstream':'u','external_authorization':{'upstream':'s','response_headers':['X-A','x_a']}|/external_authorization/response_headers",
        "'upstream':'u','external_authorization':{'upstream':'s','response_headers':['X-A']},'request_headers':{'remove':['x_a']}|/request_headers",
        "'upstream':'u','external_authorization':{'upstream':'s','response_headers':['X-A']},'cache':{}|/cache",
        "'redirect':{'to':'/x'},'external_authorization':{'upstream':'s','response_headers':['X-A']}|/external_authorization",
        "'upstream':'u','external_authorization':'nobody'|/external_authorization",
        "'upstream':'u','external_authorization':7|/external_authorization",
        "'upstream':'u','external_authorization':{'upstream':'s','descendants':true}|/external_authorization/descendants",
        "'upstream':'u','external_authorization':{'url':'http://a','upstream':'s'}|/external_authorization/url",
        "'upstream':'u','compression':{'types':['json']}|/compression/types",
        "'upstream':'u','compression':{'types':['*/*']}|/compression/types",
        "'upstream':'u','compression':{'types':['text/html;q=1']}|/compression/types",
        "'upstream':'u','compression':{'min_bytes':-1}|/compression/min_bytes",
        "'upstream':'u','cache':{'max_entry_bytes':16777217}|/cache/max_entry_bytes",
        "'upstream':'u','cache':{'ttl':1}|/cache/ttl",
        "'redirect':{'to':'/x'},'cache':{}|/cache",
        "'upstream':'u','cors':{}|/cors/origins",
        "'upstream':'u','cors':{'origins':['*'],'credentials':true}|/cors/origins",
        "'upstream':'u','cors':{'origins':['null']}|/cors/origins",
        "'upstream':'u','cors':{'origins':['https://a.test/']}|/cors/origins",
        "'upstream':'u','cors':{'origins':['https://A.test']}|/cors/origins",
        "'upstream':'u','cors':{'origins':['https://a.test:443']}|/cors/origins",
        "'upstream':'u','cors':{'origins':['https://*']}|/cors/origins",
        "'upstream':'u','cors':{'origins':['https://a.*.test']}|/cors/origins",
        "'upstream':'u','cors':{'origins':['*.a.test']}|/cors/origins",
        "'upstream':'u','cors':{'origins':['*'],'methods':['get']}|/cors/methods",
        "'upstream':'u','cors':{'origins':['*'],'headers':['X A']}|/cors/headers",
        "'upstream':'u','cors':{'origins':['*'],'expose':['X:A']}|/cors/expose",
        "'upstream':'u','cors':{'origins':['*'],'max_age_s':86401}|/cors/max_age_s",
        "'upstream':'u','cors':{'origins':['*']},'response_headers':{'set':{'access-control-max-age':'1'}}|/response_headers"
      },
      quoteCharacter = '"')
  void routesWithThisAreRefused(String members, String field) {
    assertThat(violations(Kind.ROUTE, "{'id':'r','paths':['/a']," + members + "}"))
        .extracting(Violation::field)
        .containsExactly(field);
  }

  @Test
  void anEndpointGetsWhatItAskedFor() {
    WebhookDefinition some =
        (WebhookDefinition)
            Definition.read(
                Kind.WEBHOOK,
                json("{'id':'w','url':'https://a.test','events':['rate_limit.exceeded']}"));
    assertThat(some.wants("rate_limit.exceeded")).isTrue();
    assertThat(some.wants("request.failed")).isFalse();
    WebhookDefinition off =
        (WebhookDefinition)
            Definition.read(
                Kind.WEBHOOK,
                json("{'id':'w','url':'https://a.test','events':['*'],'enabled':false}"));
    assertThat(off.wants("request.failed")).isFalse();
  }

  private static List<Violation> violations(Kind kind, String document) {
    try {
      Definition.read(kind, json(document));
      return List.of();
    } catch (InvalidDefinition e) {
      return e.violations();
    }
  }
}
